/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/last-fits.h"

#include <math.h>

#include "tools/train/statistics.h"

/* Of the rows by utilisation, every group counting the same, what is above is left out. */
#define TOP_SHARE  0.8
#define N_SHUFFLED 5

/* What is fitted once a candidate has been chosen. */
typedef struct {
	VmfcTrial *trial;
	GPtrArray *jobs; /* of VmfcFitJob; the first one is the model itself */
	gint top;	 /* in the jobs; -1: there is none */
	gint shuffled;	 /* the first of them */
	gint runs;	 /* likewise */
	guint *folds;	 /* (nullable): of each run */
	guint n_folds;
} LastFits;

static void
last_fits_clear(LastFits *fits)
{
	g_ptr_array_unref(fits->jobs);
	g_free(fits->folds);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LastFits, last_fits_clear)

static const VmfcCandidate *
get_chosen(const VmfcTrial *trial)
{
	return &g_array_index(trial->candidates, VmfcCandidate, trial->chosen);
}

/* Returns: the number of the job */
static gint
add_job(LastFits *fits, const VmfcSamples *samples, const guint8 *is_tested)
{
	VmfcFitJob *job = vmfc_fit_job_new(samples, get_chosen(fits->trial), 1);

	if (is_tested != NULL)
		vmfc_fit_job_set_tested(job, is_tested, 0);
	g_ptr_array_add(fits->jobs, job);
	return (gint)fits->jobs->len - 1;
}

/* ------------------------------------------------------------------ top */

static void
add_top(LastFits *fits)
{
	VmfcTrial *trial = fits->trial;
	const VmfcSamples *judged = trial->judged;
	g_autofree guint *counts = g_new0(guint, judged->n_groups + 1);
	g_autofree gdouble *utilisation = g_new(gdouble, judged->n_rows + 1);
	g_autofree gdouble *weights = g_new(gdouble, judged->n_rows + 1);
	g_autofree guint8 *is_tested = g_malloc0(judged->n_rows + 1);
	guint n = 0;

	for (guint i = 0; i < judged->n_rows; i++) {
		utilisation[i] = vmfc_samples_get_row(judged, i)[0];
		counts[judged->groups[i]]++;
	}
	for (guint i = 0; i < judged->n_rows; i++)
		weights[i] = 1.0 / counts[judged->groups[i]];
	g_autofree guint *order = vmfc_statistics_order(utilisation, judged->n_rows);
	trial->top_from = vmfc_statistics_weighted_quantile(utilisation, weights, order,
							    judged->n_rows, TOP_SHARE);
	for (guint i = 0; i < judged->n_rows; i++)
		n += is_tested[i] = utilisation[i] > trial->top_from;
	if (n > 0 && n < judged->n_rows)
		fits->top = add_job(fits, judged, is_tested);
}

static void
take_top(LastFits *fits)
{
	if (fits->top < 0)
		return;
	const VmfcFitJob *job = fits->jobs->pdata[fits->top];
	VmfcTrial *trial = fits->trial;
	gdouble error = 0;
	gdouble estimated = 0;
	gdouble measured = 0;
	guint n = 0;

	for (guint i = 0; i < job->tested->len; i++) {
		gdouble watts = trial->judged->labels[g_array_index(job->tested, guint, i)];
		estimated += job->estimates[i];
		measured += watts;
		if (watts < trial->floor || watts == 0)
			continue;
		error += fabs(job->estimates[i] - watts) / watts;
		n++;
	}
	trial->top_mape = n > 0 ? 100 * error / n : NAN;
	trial->top_bias = measured > 0 ? 100 * (estimated / measured - 1) : NAN;
}

/* ------------------------------------------------------------- shuffled */

/* SplitMix64 (Steele, Lea and Flood 2014). */
static guint64
draw(guint64 *state)
{
	guint64 z = *state += G_GUINT64_CONSTANT(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* What others judge by: rows at random, whose neighbours in time were trained on. */
static void
add_shuffled(LastFits *fits, guint64 seed)
{
	const VmfcSamples *judged = fits->trial->judged;
	g_autofree guint *order = g_new(guint, judged->n_rows + 1);
	g_autofree guint8 *is_tested = g_malloc(judged->n_rows + 1);

	for (guint i = 0; i < judged->n_rows; i++)
		order[i] = i;
	for (guint i = judged->n_rows; i-- > 1;) {
		guint other = (guint)(draw(&seed) % (i + 1));
		guint row = order[i];
		order[i] = order[other];
		order[other] = row;
	}
	for (guint k = 0; k < N_SHUFFLED; k++) {
		for (guint i = 0; i < judged->n_rows; i++)
			is_tested[order[i]] = i % N_SHUFFLED == k;
		gint job = add_job(fits, judged, is_tested);
		fits->shuffled = k == 0 ? job : fits->shuffled;
	}
}

/* ----------------------------------------------------------------- runs */

static guint
get_run(const VmfcTrial *trial, guint judged)
{
	return trial->set->runs[trial->all_rows[trial->judged_rows[judged]]];
}

static void
add_runs(LastFits *fits)
{
	VmfcTrial *trial = fits->trial;
	const VmfcSamples *judged = trial->judged;
	guint n_runs = trial->set->run_names->len;
	g_autofree guint *counts = g_new0(guint, n_runs + 1);
	g_autofree guint8 *is_tested = g_malloc(judged->n_rows + 1);
	guint n_used = 0;

	for (guint i = 0; i < judged->n_rows; i++)
		n_used += counts[get_run(trial, i)]++ == 0;
	if (n_used < 2)
		return;
	fits->folds = vmfc_groups_build_folds(counts, n_runs, &fits->n_folds);
	for (guint fold = 0; fold < fits->n_folds; fold++) {
		for (guint i = 0; i < judged->n_rows; i++)
			is_tested[i] = fits->folds[get_run(trial, i)] == fold;
		gint job = add_job(fits, judged, is_tested);
		fits->runs = fold == 0 ? job : fits->runs;
	}
}

/* ---------------------------------------------------------------- taking */

/* Adds up the relative errors of the rows of some jobs by @get_group, and divides them. */
static gdouble *
find_mapes(const LastFits *fits, gint first, guint n_jobs,
	   guint (*get_group)(const VmfcTrial *trial, guint judged), guint n_groups)
{
	const VmfcTrial *trial = fits->trial;
	gdouble *mapes = g_new0(gdouble, n_groups + 1);
	g_autofree guint *counts = g_new0(guint, n_groups + 1);

	for (guint k = 0; k < n_jobs; k++) {
		const VmfcFitJob *job = fits->jobs->pdata[first + (gint)k];
		for (guint i = 0; i < job->tested->len; i++) {
			guint row = g_array_index(job->tested, guint, i);
			gdouble watts = trial->judged->labels[row];
			if (watts < trial->floor || watts == 0)
				continue;
			guint group = get_group(trial, row);
			mapes[group] += fabs(job->estimates[i] - watts) / watts;
			counts[group]++;
		}
	}
	for (guint i = 0; i < n_groups; i++)
		mapes[i] = counts[i] > 0 ? 100 * mapes[i] / counts[i] : NAN;
	return mapes;
}

static guint
get_group(const VmfcTrial *trial, guint judged)
{
	return trial->judged->groups[judged];
}

static void
take_all(LastFits *fits)
{
	VmfcTrial *trial = fits->trial;
	VmfcFitJob *model = fits->jobs->pdata[0];
	guint n_groups = trial->judged->n_groups;
	gdouble sum = 0;
	guint n = 0;

	/* moved, not copied */
	trial->estimator = model->fits[0];
	model->fits[0] = (VmfcEstimator){0};
	take_top(fits);
	g_autofree gdouble *mapes = find_mapes(fits, fits->shuffled, N_SHUFFLED, get_group,
					       n_groups);
	for (guint i = 0; i < n_groups; i++) {
		if (isnan(mapes[i]))
			continue;
		sum += mapes[i];
		n++;
	}
	trial->shuffled_mape = n > 0 ? sum / n : NAN;
	if (fits->runs < 0)
		return;
	trial->n_runs = trial->set->run_names->len;
	trial->run_mapes = find_mapes(fits, fits->runs, fits->n_folds, get_run, trial->n_runs);
}

/* The model itself, of all rows, and what stands beside its judgement. */
gboolean
vmfc_last_fits_run(VmfcTrial *trial, const VmfcTrialOptions *options, GError **error)
{
	g_auto(LastFits) fits = {.trial = trial, .top = -1, .runs = -1};

	fits.jobs = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_fit_job_free);
	add_job(&fits, trial->all, NULL);
	add_top(&fits);
	add_shuffled(&fits, options->seed);
	add_runs(&fits);
	if (!vmfc_fit_jobs_run(fits.jobs, &options->runner, error))
		return FALSE;
	take_all(&fits);
	return TRUE;
}
