/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/trial-run.h"

#include <math.h>
#include <string.h>

#include "tools/train/last-fits.h"

/* ------------------------------------------------------------- judging */

/* The rows that it is judged by: all, or evenly chosen ones of each group. */
static void
choose_judged(VmfcTrial *trial, guint max_rows)
{
	const VmfcSamples *all = trial->all;
	guint n;

	trial->judged_rows = vmfc_groups_choose_rows(trial->groups, all->n_rows, max_rows, &n);
	if (n == all->n_rows) {
		trial->judged = trial->all;
		return;
	}
	trial->judged = vmfc_samples_new(n, all->n_features, all->n_groups);
	for (guint i = 0; i < n; i++) {
		guint row = trial->judged_rows[i];
		trial->judged->labels[i] = all->labels[row];
		trial->judged->groups[i] = all->groups[row];
		memcpy(trial->judged->features + (gsize)i * all->n_features,
		       vmfc_samples_get_row(all, row), all->n_features * sizeof(gdouble));
	}
	vmfc_samples_sort(trial->judged);
	if (trial->groups->gap > 0)
		trial->groups->gap = vmfc_groups_get_gap(n, trial->groups->n_folds);
}

/* Returns: (transfer full) (nullable): lengths of the judged rows' windows, if all are known */
static gdouble *
collect_seconds(const VmfcTrial *trial)
{
	g_autofree gdouble *seconds = g_new(gdouble, trial->judged->n_rows + 1);

	for (guint i = 0; i < trial->judged->n_rows; i++) {
		seconds[i] = trial->set->seconds[trial->all_rows[trial->judged_rows[i]]];
		if (!(seconds[i] > 0))
			return NULL;
	}
	return g_steal_pointer(&seconds);
}

static void
find_figures(VmfcTrial *trial)
{
	const VmfcSamples *judged = trial->judged;
	g_autofree gdouble *seconds = collect_seconds(trial);
	g_autofree gdouble *utilisation = g_new(gdouble, judged->n_rows + 1);

	for (guint i = 0; i < judged->n_rows; i++)
		utilisation[i] = vmfc_samples_get_row(judged, i)[0];
	const VmfcEstimates estimates = {
		.n_rows = judged->n_rows,
		.measured = judged->labels,
		.estimated = trial->nested->estimates,
		.low = trial->nested->low,
		.high = trial->nested->high,
		.seconds = seconds,
		.utilisation = utilisation,
		.groups = judged->groups,
		.n_groups = judged->n_groups,
		.floor = trial->floor,
	};
	trial->figures = vmfc_figure_table_new(&estimates);
}

/* What each candidate alone came to, and the mean error of what was chosen each time. */
static void
find_errors(VmfcTrial *trial, const VmfcJudge *judge)
{
	guint n_groups = trial->judged->n_groups;

	trial->errors = g_new0(gdouble, judge->n_candidates);
	trial->worst = g_new0(gdouble, judge->n_candidates);
	for (guint i = 0; i < judge->n_candidates; i++) {
		trial->errors[i] = 100 * vmfc_judge_get_error(judge, i, -1);
		for (guint group = 0; group < n_groups; group++)
			trial->worst[i] = fmax(trial->worst[i],
					       100 * vmfc_judge_get_group_error(judge, i, group));
	}
	gdouble sum = 0;
	guint n = 0;
	for (guint group = 0; group < n_groups; group++) {
		guint chosen = trial->nested->chosen[trial->groups->folds[group]];
		gdouble group_error = vmfc_judge_get_group_error(judge, chosen, group);
		if (isnan(group_error))
			continue;
		sum += group_error;
		n++;
	}
	trial->choice_error = sum / n;
}

static gboolean
judge_candidates(VmfcTrial *trial, const VmfcTrialOptions *options, GError **error)
{
	g_autoptr(VmfcJudge) judge = vmfc_judge_new(trial->judged, trial->groups->folds,
						    trial->groups->n_folds, trial->groups->gap,
						    trial->candidates, &options->runner, error);

	if (judge == NULL)
		return FALSE;
	trial->floor = judge->floor;
	trial->chosen = vmfc_judge_choose(judge, -1);
	vmfc_judge_find_interval(judge, trial->chosen, -1, options->interval_share,
				 &trial->interval);
	trial->nested = vmfc_judge_estimate(judge, options->interval_share);
	find_errors(trial, judge);
	find_figures(trial);
	return TRUE;
}

/* Without groups nothing can be chosen: a monotone curve fits most machines. */
static void
choose_unjudged(VmfcTrial *trial, gdouble share)
{
	const VmfcCandidate *candidates = (const VmfcCandidate *)trial->candidates->data;
	g_autofree guint8 *has = g_malloc(trial->all->n_rows);

	memset(has, 1, trial->all->n_rows);
	g_autoptr(VmfcSelection) selection = vmfc_selection_new(trial->all, g_steal_pointer(&has));
	trial->floor = vmfc_selection_find_floor(selection);
	trial->interval = (VmfcInterval){.share = share,
					 .log_width = NAN,
					 .factor = NAN,
					 .floor = trial->floor,
					 .n_groups = 0};
	for (guint i = 0; i < trial->candidates->len; i++) {
		if (candidates[i].family == VMFC_FAMILY_CURVE)
			trial->chosen = i;
	}
}

/* Judges, chooses and fits. @trial: it has been checked */
gboolean
vmfc_trial_run(VmfcTrial *trial, const VmfcTrialOptions *options, GError **error)
{
	trial->candidates = vmfc_candidates_new(options->families);
	choose_judged(trial, options->max_rows);
	if (trial->groups->kind == VMFC_GROUPS_NONE)
		choose_unjudged(trial, options->interval_share);
	else if (!judge_candidates(trial, options, error))
		return FALSE;
	return vmfc_last_fits_run(trial, options, error);
}
