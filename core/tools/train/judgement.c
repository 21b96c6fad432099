/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/judgement.h"

#include <math.h>

#include "tools/train/interval.h"

static const gchar *const kind_names[] = {
	[VMFC_GROUPS_WORKLOADS] = "workload",
	[VMFC_GROUPS_PHASES] = "phase",
	[VMFC_GROUPS_BLOCKS] = "block",
	[VMFC_GROUPS_NONE] = "none",
};

/* More digits than any meter has; fewer would not be the same where they are added up. */
static gdouble
round_figure(gdouble value)
{
	return round(value * 1e6) / 1e6;
}

/* NaN becomes null. */
static void
set_figure(JsonObject *object, const gchar *key, gdouble value)
{
	json_object_set_double_member(object, key, round_figure(value));
}

static JsonObject *
build_figures(const VmfcFigures *figures)
{
	JsonObject *object = json_object_new();

	json_object_set_int_member(object, "rows", figures->n_rows);
	set_figure(object, "mae_watts", figures->mae);
	set_figure(object, "mape_percent", figures->mape);
	set_figure(object, "bias_watts", figures->bias);
	set_figure(object, "energy_error_percent", figures->energy);
	set_figure(object, "idle_bias_watts", figures->idle);
	set_figure(object, "held_percent", figures->held);
	set_figure(object, "half_width_percent", figures->half_width);
	return object;
}

static void
add_groups(JsonObject *object, const VmfcTrial *trial)
{
	const VmfcFigureTable *table = trial->figures;
	JsonArray *groups = json_array_new();

	for (guint i = 0; i < table->n_groups; i++) {
		guint fold = trial->groups->folds[i];
		JsonObject *group = build_figures(&table->groups[i]);
		json_object_set_string_member(group, "group", trial->groups->names->pdata[i]);
		json_object_set_string_member(
			group, "chosen",
			g_array_index(trial->candidates, VmfcCandidate, trial->nested->chosen[fold])
				.name);
		json_array_add_object_element(groups, group);
	}
	json_object_set_object_member(object, "mean_of_groups", build_figures(&table->mean));
	json_object_set_object_member(object, "all_rows", build_figures(&table->rows));
	json_object_set_string_member(object, "worst_group",
				      trial->groups->names->pdata[table->worst]);
	set_figure(object, "worst_mape_percent", table->groups[table->worst].mape);
	json_object_set_string_member(object, "least_held_group",
				      trial->groups->names->pdata[table->least_held]);
	set_figure(object, "least_held_percent", table->groups[table->least_held].held);
	json_object_set_array_member(object, "groups", groups);
}

static void
add_candidates(JsonObject *object, const VmfcTrial *trial)
{
	JsonArray *candidates = json_array_new();

	for (guint i = 0; i < trial->candidates->len; i++) {
		JsonObject *candidate = json_object_new();
		json_object_set_string_member(
			candidate, "name", g_array_index(trial->candidates, VmfcCandidate, i).name);
		set_figure(candidate, "mean_percent", trial->errors[i]);
		set_figure(candidate, "worst_percent", trial->worst[i]);
		json_array_add_object_element(candidates, candidate);
	}
	json_object_set_array_member(object, "candidates", candidates);
}

static void
add_runs(JsonObject *object, const VmfcTrial *trial)
{
	JsonArray *runs = json_array_new();
	gdouble sum = 0;
	guint n = 0;

	for (guint i = 0; i < trial->n_runs; i++) {
		if (isnan(trial->run_mapes[i]))
			continue;
		JsonObject *run = json_object_new();
		json_object_set_string_member(run, "run", trial->set->run_names->pdata[i]);
		set_figure(run, "mape_percent", trial->run_mapes[i]);
		json_array_add_object_element(runs, run);
		sum += trial->run_mapes[i];
		n++;
	}
	set_figure(object, "runs_left_out_mape_percent", n > 0 ? sum / n : NAN);
	json_object_set_array_member(object, "runs_left_out", runs);
}

static void
add_beside(JsonObject *object, const VmfcTrial *trial)
{
	JsonObject *top = json_object_new();

	set_figure(top, "utilisation_above", trial->top_from);
	set_figure(top, "mape_percent", trial->top_mape);
	set_figure(top, "bias_percent", trial->top_bias);
	json_object_set_object_member(object, "top_fifth_left_out", top);
	set_figure(object, "shuffled_rows_mape_percent", trial->shuffled_mape);
	if (trial->run_mapes != NULL)
		add_runs(object, trial);
}

/* Returns: (transfer full): how wrong the model is, for its file */
JsonObject *
vmfc_judgement_build(const VmfcTrial *trial)
{
	JsonObject *object = json_object_new();
	guint least = vmfc_interval_get_least_groups(trial->interval.share);

	json_object_set_string_member(object, "left_out", kind_names[trial->groups->kind]);
	json_object_set_int_member(object, "group_count",
				   trial->figures != NULL ? trial->figures->n_groups : 0);
	json_object_set_int_member(object, "fold_count",
				   trial->figures != NULL ? trial->groups->n_folds : 0);
	json_object_set_int_member(object, "gap_rows", trial->groups->gap);
	json_object_set_int_member(object, "trained_rows", trial->all->n_rows);
	json_object_set_int_member(object, "judged_rows",
				   trial->figures != NULL ? trial->judged->n_rows : 0);
	json_object_set_int_member(object, "rows_without_features",
				   (gint64)trial->n_without_features);
	set_figure(object, "floor_watts", trial->floor);
	json_object_set_string_member(
		object, "chosen",
		g_array_index(trial->candidates, VmfcCandidate, trial->chosen).name);
	json_object_set_boolean_member(object, "interval_is_promise",
				       trial->groups->kind == VMFC_GROUPS_WORKLOADS &&
					       trial->interval.n_groups >= least);
	if (trial->figures != NULL) {
		add_groups(object, trial);
		add_candidates(object, trial);
	}
	add_beside(object, trial);
	return object;
}

/* Returns: (transfer full): what the model came to on rows that were kept back */
JsonObject *
vmfc_judgement_build_test(const VmfcTrial *trial)
{
	const VmfcEvaluation *test = trial->test;
	JsonObject *object = json_object_new();
	JsonArray *groups = json_array_new();

	json_object_set_string_member(object, "file", trial->test_input->name);
	json_object_set_string_member(object, "sha256", trial->test_input->sha256);
	json_object_set_int_member(object, "rows_missing", (gint64)test->n_asked - test->n_rows);
	set_figure(object, "in_range_percent", 100.0 * test->n_in_range / test->n_rows);
	json_object_set_object_member(object, "mean_of_groups",
				      build_figures(&test->figures->mean));
	json_object_set_object_member(object, "all_rows", build_figures(&test->figures->rows));
	for (guint i = 0; i < test->figures->n_groups; i++) {
		JsonObject *group = build_figures(&test->figures->groups[i]);
		json_object_set_string_member(group, "group", test->groups->names->pdata[i]);
		json_array_add_object_element(groups, group);
	}
	json_object_set_array_member(object, "groups", groups);
	return object;
}
