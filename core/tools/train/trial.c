/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/trial.h"

#include <math.h>
#include <string.h>

#include "tools/train/statistics.h"
#include "vmfc/vmfc-plugin.h"

/* Fewer say nothing. */
#define MIN_ROWS 20
/* Each gets a line in the card. */
#define MAX_GROUPS 10000
/* A feature that goes with the label like this was made from it. */
#define SAME_CORRELATION 0.99999

/* ---------------------------------------------------------------- rows */

/* Whether the row has all features of the set. */
static gboolean
has_features(const VmfcTrial *trial, guint row)
{
	for (guint i = 0; i < trial->feature_set->features->len; i++) {
		guint feature = g_array_index(trial->feature_set->features, guint, i);
		if (isnan(trial->set->features[feature][row]))
			return FALSE;
	}
	return TRUE;
}

static guint
find_rows(VmfcTrial *trial)
{
	guint n = 0;

	trial->all_rows = g_new(guint, trial->set->n_rows + 1);
	for (guint i = 0; i < trial->set->n_rows; i++) {
		if (isnan(trial->zone->labels[i]))
			continue;
		if (has_features(trial, i))
			trial->all_rows[n++] = i;
		else
			trial->n_without_features++;
	}
	trial->all_rows = g_renew(guint, trial->all_rows, n + 1);
	return n;
}

static void
fill(VmfcTrial *trial, guint n)
{
	const GArray *features = trial->feature_set->features;

	trial->all = vmfc_samples_new(n, features->len, trial->groups->names->len);
	memcpy(trial->all->groups, trial->groups->of_row, n * sizeof(guint));
	for (guint i = 0; i < n; i++) {
		guint row = trial->all_rows[i];
		gdouble *to = trial->all->features + (gsize)i * features->len;
		trial->all->labels[i] = trial->zone->labels[row];
		for (guint j = 0; j < features->len; j++)
			to[j] = trial->set->features[g_array_index(features, guint, j)][row];
	}
	vmfc_samples_sort(trial->all);
}

static VmfcGroups *
build_groups(const VmfcTrial *trial, guint n)
{
	g_autofree const gchar **workloads = g_new(const gchar *, n + 1);
	g_autofree const gchar **phases = g_new(const gchar *, n + 1);

	for (guint i = 0; i < n; i++) {
		workloads[i] = trial->set->workloads[trial->all_rows[i]];
		phases[i] = trial->set->phases[trial->all_rows[i]];
	}
	return vmfc_groups_new(workloads, phases, n);
}

/* Returns: (transfer full): of the rows that have what it needs */
VmfcTrial *
vmfc_trial_new(const VmfcTrainingSet *set, const VmfcTrainingZone *zone,
	       const VmfcFeatureSet *feature_set)
{
	VmfcTrial *trial = g_new0(VmfcTrial, 1);

	trial->set = set;
	trial->zone = zone;
	trial->feature_set = feature_set;
	guint n = find_rows(trial);
	trial->groups = build_groups(trial, n);
	fill(trial, n);
	trial->top_mape = trial->top_bias = trial->shuffled_mape = NAN;
	trial->choice_error = NAN;
	return trial;
}

void
vmfc_trial_free(VmfcTrial *trial)
{
	g_clear_pointer(&trial->test, vmfc_evaluation_free);
	if (trial->judged != trial->all)
		g_clear_pointer(&trial->judged, vmfc_samples_free);
	g_clear_pointer(&trial->all, vmfc_samples_free);
	g_clear_pointer(&trial->groups, vmfc_groups_free);
	g_clear_pointer(&trial->candidates, g_array_unref);
	g_clear_pointer(&trial->nested, vmfc_nested_free);
	g_clear_pointer(&trial->figures, vmfc_figure_table_free);
	vmfc_estimator_clear(&trial->estimator);
	g_free(trial->all_rows);
	g_free(trial->judged_rows);
	g_free(trial->errors);
	g_free(trial->worst);
	g_free(trial->run_mapes);
	g_free(trial);
}

/* ------------------------------------------------------------ refusing */

static gboolean
set_refused(const VmfcTrial *trial, GError **error, const gchar *form, ...) G_GNUC_PRINTF(3, 4);

/* Others can be made all the same. */
static gboolean
set_refused(const VmfcTrial *trial, GError **error, const gchar *form, ...)
{
	va_list arguments;

	va_start(arguments, form);
	g_autofree gchar *reason = g_strdup_vprintf(form, arguments);
	va_end(arguments);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "no model of the zone %s from %s: %s",
		    trial->zone->name, trial->feature_set->name, reason);
	return FALSE;
}

static gboolean
check_feature(const VmfcTrial *trial, guint feature, GError **error)
{
	const VmfcSamples *all = trial->all;
	guint number = g_array_index(trial->feature_set->features, guint, feature);
	const VmfcFeature *described = trial->set->list->features->pdata[number];
	gdouble correlation = vmfc_statistics_correlation(all->features + feature, all->n_features,
							  all->labels, all->n_rows);
	gboolean is_share = described->form == VMFC_FEATURE_SHARE ||
			    described->form == VMFC_FEATURE_CPUS;

	/* the time that CPUs work is not a copy of power, but power can be made from it */
	if (!(fabs(correlation) > SAME_CORRELATION))
		return TRUE;
	if (!is_share) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "the feature %s is the power of the zone %s, shifted or scaled "
			    "(correlation %.6f): leave it out with --exclude %s",
			    described->name, trial->zone->name, correlation, described->name);
		return FALSE;
	}
	g_warning("%s follows the power of the zone %s to the last digits (correlation %.6f): "
		  "power that was measured does not, so the figures say nothing of a real machine",
		  described->name, trial->zone->name, correlation);
	return TRUE;
}

/* Returns: the feature that most rows with power lack */
static const gchar *
find_lacking(const VmfcTrial *trial)
{
	const gchar *most_lacking = NULL;
	guint most = 0;

	for (guint i = 0; i < trial->feature_set->features->len; i++) {
		guint number = g_array_index(trial->feature_set->features, guint, i);
		const VmfcFeature *feature = trial->set->list->features->pdata[number];
		guint n = 0;
		for (guint row = 0; row < trial->set->n_rows; row++)
			n += !isnan(trial->zone->labels[row]) &&
			     isnan(trial->set->features[number][row]);
		if (most_lacking == NULL || n > most) {
			most_lacking = feature->name;
			most = n;
		}
	}
	return most_lacking;
}

/*
 * Returns: %FALSE where no model can be made of its rows, with the reason in @error: where that is
 *   %VMFC_ERROR_FORMAT, models of other features may be possible
 */
gboolean
vmfc_trial_check(const VmfcTrial *trial, GError **error)
{
	const VmfcSamples *all = trial->all;

	if (all->n_rows < trial->n_without_features)
		return set_refused(
			trial, error,
			"%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			" rows lack a feature, most of them %s, or its values cannot be true",
			trial->n_without_features, trial->n_without_features + all->n_rows,
			find_lacking(trial));
	if (all->n_rows < MIN_ROWS)
		return set_refused(trial, error,
				   "too few rows can be used: %u, and it takes %d at least",
				   all->n_rows, MIN_ROWS);
	if (all->labels[all->by_label[0]] == all->labels[all->by_label[all->n_rows - 1]])
		return set_refused(trial, error,
				   "the power is %g W in every row, and nothing can be learnt from "
				   "that: record with workloads, and with a meter that works",
				   all->labels[0]);
	if (trial->groups->names->len > MAX_GROUPS)
		return set_refused(trial, error,
				   "there are %u workloads, more than %d: name a column with "
				   "--group that does not change in every row",
				   trial->groups->names->len, MAX_GROUPS);
	for (guint i = 0; i < all->n_features; i++) {
		if (!check_feature(trial, i, error))
			return FALSE;
	}
	return TRUE;
}
