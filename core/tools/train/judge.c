/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/judge.h"

#include <math.h>

#include "model/predict.h"
#include "tools/train/interval.h"

/* Candidates that near to the best are as good; the first of them is taken. */
#define NEARLY_BEST 1.01

static guint
get_fold(const VmfcJudge *judge, guint row)
{
	return judge->folds[judge->samples->groups[row]];
}

static gdouble *
get_estimate(const VmfcJudge *judge, guint candidate, guint row, guint other)
{
	return judge->estimates +
	       ((gsize)candidate * judge->samples->n_rows + row) * judge->n_folds + other;
}

static gdouble *
get_error(const VmfcJudge *judge, guint candidate, guint group, guint other)
{
	return judge->errors +
	       ((gsize)candidate * judge->samples->n_groups + group) * judge->n_folds + other;
}

/* -------------------------------------------------------------- fitting */

static VmfcFitJob *
build_job(const VmfcJudge *judge, guint one, guint other, guint gap)
{
	VmfcFitJob *job = vmfc_fit_job_new(judge->samples, judge->candidates, judge->n_candidates);
	g_autofree guint8 *is_tested = g_malloc(judge->samples->n_rows + 1);

	for (guint i = 0; i < judge->samples->n_rows; i++) {
		guint fold = get_fold(judge, i);
		is_tested[i] = fold == one || fold == other;
	}
	vmfc_fit_job_set_tested(job, is_tested, gap);
	return job;
}

static void
take_estimates(VmfcJudge *judge, const VmfcFitJob *job, guint one, guint other)
{
	const gdouble *estimate = job->estimates;

	for (guint candidate = 0; candidate < judge->n_candidates; candidate++) {
		for (guint j = 0; j < job->tested->len; j++) {
			guint row = g_array_index(job->tested, guint, j);
			guint left_out_too = get_fold(judge, row) == one ? other : one;
			*get_estimate(judge, candidate, row, left_out_too) = *estimate++;
		}
	}
}

static void
find_errors(VmfcJudge *judge, guint candidate)
{
	const VmfcSamples *samples = judge->samples;
	g_autofree guint *counts = g_new0(guint, samples->n_groups);

	for (guint i = 0; i < samples->n_rows; i++) {
		guint group = samples->groups[i];
		counts[group]++;
		for (guint other = 0; other < judge->n_folds; other++)
			*get_error(judge, candidate, group,
				   other) += fabs(*get_estimate(judge, candidate, i, other) -
						  samples->labels[i]) /
					     MAX(samples->labels[i], judge->floor);
	}
	for (guint group = 0; group < samples->n_groups; group++) {
		for (guint other = 0; other < judge->n_folds; other++)
			*get_error(judge, candidate, group, other) /= counts[group];
	}
}

static gboolean
fit_all(VmfcJudge *judge, guint gap, const VmfcFitRunner *runner, GError **error)
{
	g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func(
		(GDestroyNotify)vmfc_fit_job_free);
	guint n = 0;

	for (guint i = 0; i < judge->n_folds; i++) {
		for (guint k = i; k < judge->n_folds; k++)
			g_ptr_array_add(jobs, build_job(judge, i, k, gap));
	}
	if (!vmfc_fit_jobs_run(jobs, runner, error))
		return FALSE;
	for (guint i = 0; i < judge->n_folds; i++) {
		for (guint k = i; k < judge->n_folds; k++)
			take_estimates(judge, jobs->pdata[n++], i, k);
	}
	for (guint candidate = 0; candidate < judge->n_candidates; candidate++)
		find_errors(judge, candidate);
	return TRUE;
}

/*
 * Fits every candidate without every fold and without every two of them.
 *
 * @folds: of each group; at least three
 * @gap: rows beside those that are left out and not fitted to either
 */
VmfcJudge *
vmfc_judge_new(const VmfcSamples *samples, const guint *folds, guint n_folds, guint gap,
	       GArray *candidates, const VmfcFitRunner *runner, GError **error)
{
	g_autoptr(VmfcJudge) judge = g_new0(VmfcJudge, 1);
	g_autofree guint8 *all = g_malloc(samples->n_rows + 1);

	for (guint i = 0; i < samples->n_rows; i++)
		all[i] = TRUE;
	g_autoptr(VmfcSelection) selection = vmfc_selection_new(samples, g_steal_pointer(&all));
	judge->samples = samples;
	judge->folds = folds;
	judge->n_folds = n_folds;
	judge->candidates = (const VmfcCandidate *)candidates->data;
	judge->n_candidates = candidates->len;
	judge->floor = vmfc_selection_find_floor(selection);
	judge->estimates = g_new0(gdouble, (gsize)candidates->len * samples->n_rows * n_folds);
	judge->errors = g_new0(gdouble, (gsize)candidates->len * samples->n_groups * n_folds);
	return fit_all(judge, gap, runner, error) ? g_steal_pointer(&judge) : NULL;
}

void
vmfc_judge_free(VmfcJudge *judge)
{
	g_free(judge->estimates);
	g_free(judge->errors);
	g_free(judge);
}

/* ------------------------------------------------------------- choosing */

/* Returns: its mean relative error for a group that it has not seen */
gdouble
vmfc_judge_get_group_error(const VmfcJudge *judge, guint candidate, guint group)
{
	return *get_error(judge, candidate, group, judge->folds[group]);
}

/*
 * @left_out: a fold that is used neither for fitting nor for errors; -1: none
 *
 * Returns: the mean of the groups' mean relative errors
 */
gdouble
vmfc_judge_get_error(const VmfcJudge *judge, guint candidate, gint left_out)
{
	gdouble sum = 0;
	guint n = 0;

	for (guint group = 0; group < judge->samples->n_groups; group++) {
		guint fold = judge->folds[group];
		if ((gint)fold == left_out)
			continue;
		gdouble group_error = *get_error(judge, candidate, group,
						 left_out < 0 ? fold : (guint)left_out);
		/* a group of which no row was judged, because --max-rows is small, has none */
		if (isnan(group_error))
			continue;
		sum += group_error;
		n++;
	}
	return sum / n;
}

/* Returns: the first candidate that is as good as the best, or nearly */
guint
vmfc_judge_choose(const VmfcJudge *judge, gint left_out)
{
	gdouble best = INFINITY;

	for (guint i = 0; i < judge->n_candidates; i++)
		best = MIN(best, vmfc_judge_get_error(judge, i, left_out));
	for (guint i = 0; i < judge->n_candidates; i++) {
		if (vmfc_judge_get_error(judge, i, left_out) <= NEARLY_BEST * best)
			return i;
	}
	return 0;
}

/* ------------------------------------------------------------ estimates */

/* From the residuals of all folds, or of all but one that is left out. */
void
vmfc_judge_find_interval(const VmfcJudge *judge, guint candidate, gint left_out, gdouble share,
			 VmfcInterval *interval)
{
	const VmfcSamples *samples = judge->samples;
	g_autofree guint *counts = g_new0(guint, samples->n_groups);
	g_autofree gdouble *residuals = g_new(gdouble, samples->n_rows);
	g_autofree gdouble *weights = g_new(gdouble, samples->n_rows);
	guint n = 0;

	*interval = (VmfcInterval){.share = share, .floor = judge->floor};
	for (guint i = 0; i < samples->n_rows; i++)
		interval->n_groups += (gint)get_fold(judge, i) != left_out &&
				      counts[samples->groups[i]]++ == 0;
	for (guint i = 0; i < samples->n_rows; i++) {
		guint fold = get_fold(judge, i);
		if ((gint)fold == left_out)
			continue;
		gdouble estimate = *get_estimate(judge, candidate, i,
						 left_out < 0 ? fold : (guint)left_out);
		residuals[n] = vmfc_interval_get_residual(samples->labels[i], estimate,
							  judge->floor);
		weights[n++] = 1.0 / counts[samples->groups[i]];
	}
	vmfc_interval_set_width(interval, vmfc_interval_find_width(residuals, weights, n, share,
								   interval->n_groups));
}

/* Returns: (transfer full): of every row what was chosen, fitted and made wide without its fold */
VmfcNested *
vmfc_judge_estimate(const VmfcJudge *judge, gdouble share)
{
	guint n_rows = judge->samples->n_rows;
	VmfcNested *nested = g_new0(VmfcNested, 1);
	g_autofree VmfcInterval *intervals = g_new0(VmfcInterval, judge->n_folds);

	nested->chosen = g_new0(guint, judge->n_folds);
	nested->estimates = g_new(gdouble, n_rows);
	nested->low = g_new(gdouble, n_rows);
	nested->high = g_new(gdouble, n_rows);
	for (guint fold = 0; fold < judge->n_folds; fold++) {
		nested->chosen[fold] = vmfc_judge_choose(judge, (gint)fold);
		vmfc_judge_find_interval(judge, nested->chosen[fold], (gint)fold, share,
					 &intervals[fold]);
	}
	for (guint i = 0; i < n_rows; i++) {
		guint fold = get_fold(judge, i);
		nested->estimates[i] = *get_estimate(judge, nested->chosen[fold], i, fold);
		vmfc_interval_find(&intervals[fold], nested->estimates[i], &nested->low[i],
				   &nested->high[i]);
	}
	return nested;
}

void
vmfc_nested_free(VmfcNested *nested)
{
	g_free(nested->chosen);
	g_free(nested->estimates);
	g_free(nested->low);
	g_free(nested->high);
	g_free(nested);
}
