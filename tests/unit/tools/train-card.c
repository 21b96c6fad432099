/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What the model's file and its card say of a trial whose figures all differ: each stands where it
 * belongs. */

#include <math.h>
#include <string.h>

#include "card-lines.h"
#include "tools/train/card-judgement.h"
#include "tools/train/judgement.h"

#define N_GROUPS 3
#define N_RUNS	 4

/* A trial, of which nothing was computed. */
typedef struct {
	VmfcTrainingSet *set;
	VmfcSamples *all;
	VmfcSamples *judged;
	VmfcNested nested;
	guint chosen[2];
	VmfcFigureTable table;
	VmfcFigures groups[N_GROUPS];
	VmfcEvaluation test;
	VmfcTrainingInput input;
	VmfcTrial trial;
} Fixture;

static const gchar *const names[N_GROUPS] = {"a", "b", "c|d"};
static gdouble errors[] = {5.125, 4.125, 3.125};
static gdouble worst[] = {50.25, 40.25, 30.25};
/* of the runs r0 to r3; the first has no rows */
static gdouble run_mapes[N_RUNS] = {NAN, 6, 9, 4.5};

static VmfcFigures
figures_of(guint n)
{
	return (VmfcFigures){.n_rows = 100 + n,
			     .mae = n + 0.25,
			     .mape = 10.5 + n,
			     .bias = -1.5 - n,
			     .energy = 20.5 + n,
			     .idle = n == 1 ? NAN : 30.5 + n,
			     .held = 80.5 + n,
			     .half_width = 40.5 + n};
}

static void
init_set(Fixture *fixture)
{
	fixture->set = vmfc_training_set_new();
	for (guint i = 0; i < N_RUNS; i++)
		g_ptr_array_add(fixture->set->run_names, g_strdup_printf("r%u", i));
	fixture->set->uses_cpus = TRUE;
}

static void
fixture_init(Fixture *fixture)
{
	static const VmfcCandidate candidates[] = {{"mean", VMFC_FAMILY_MEAN, 0},
						   {"curve", VMFC_FAMILY_CURVE, 0},
						   {"linear 0.03", VMFC_FAMILY_LINEAR, 0.03}};
	VmfcTrial *trial = &fixture->trial;

	*fixture = (Fixture){.chosen = {2, 1}, .input = {.name = "kept.csv", .sha256 = "abc"}};
	init_set(fixture);
	for (guint i = 0; i < N_GROUPS; i++)
		fixture->groups[i] = figures_of(i);
	fixture->table = (VmfcFigureTable){.groups = fixture->groups,
					   .n_groups = N_GROUPS,
					   .mean = figures_of(5),
					   .rows = figures_of(6),
					   .worst = 1,
					   .least_held = 2};
	fixture->nested = (VmfcNested){.chosen = fixture->chosen};
	fixture->all = vmfc_samples_new(70, 1, N_GROUPS);
	fixture->judged = vmfc_samples_new(60, 1, N_GROUPS);
	*trial = (VmfcTrial){.set = fixture->set,
			     .all = fixture->all,
			     .judged = fixture->judged,
			     .candidates = g_array_new(FALSE, FALSE, sizeof(VmfcCandidate)),
			     .groups = vmfc_groups_new_of_names(names, N_GROUPS),
			     .n_without_features = 7,
			     .floor = 2.5,
			     .nested = &fixture->nested,
			     .figures = &fixture->table,
			     .errors = errors,
			     .worst = worst,
			     .chosen = 2,
			     .interval = {.share = 0.9, .log_width = log(1.5), .floor = 3.5},
			     .top_from = 2.75,
			     .top_mape = 12.5,
			     .top_bias = -8.5,
			     .shuffled_mape = 1.5,
			     .run_mapes = run_mapes,
			     .n_runs = N_RUNS};
	g_array_append_vals(trial->candidates, candidates, G_N_ELEMENTS(candidates));
	/* a fold has several groups */
	trial->groups->folds[0] = trial->groups->folds[2] = 1;
	trial->groups->folds[1] = 0;
	trial->groups->n_folds = 2;
	trial->interval.n_groups = 9;
}

/* What it came to on rows that were kept back. */
static void
fixture_add_test(Fixture *fixture)
{
	fixture->test = (VmfcEvaluation){.n_asked = 50,
					 .n_formed = 45,
					 .n_rows = 40,
					 .n_in_range = 30,
					 .groups = fixture->trial.groups,
					 .figures = &fixture->table};
	fixture->trial.test = &fixture->test;
	fixture->trial.test_input = &fixture->input;
}

static void
fixture_clear(Fixture *fixture)
{
	vmfc_groups_free(fixture->trial.groups);
	g_array_unref(fixture->trial.candidates);
	vmfc_samples_free(fixture->all);
	vmfc_samples_free(fixture->judged);
	vmfc_training_set_free(fixture->set);
}

/* ------------------------------------------------------------------ file */

static void
assert_number(JsonObject *object, const gchar *key, gdouble value)
{
	g_test_message("%s", key);
	if (isnan(value))
		g_assert_true(isnan(json_object_get_double_member(object, key)));
	else
		g_assert_cmpfloat_with_epsilon(json_object_get_double_member(object, key), value,
					       1e-6);
}

static void
assert_figures(JsonObject *object, guint n)
{
	const VmfcFigures figures = figures_of(n);

	assert_number(object, "rows", figures.n_rows);
	assert_number(object, "mae_watts", figures.mae);
	assert_number(object, "mape_percent", figures.mape);
	assert_number(object, "bias_watts", figures.bias);
	assert_number(object, "energy_error_percent", figures.energy);
	assert_number(object, "idle_bias_watts", figures.idle);
	assert_number(object, "held_percent", figures.held);
	assert_number(object, "half_width_percent", figures.half_width);
}

static void
assert_groups(JsonObject *object)
{
	static const gchar *const chosen[] = {"curve", "linear 0.03", "curve"};
	JsonArray *groups = json_object_get_array_member(object, "groups");

	g_assert_cmpuint(json_array_get_length(groups), ==, N_GROUPS);
	for (guint i = 0; i < N_GROUPS; i++) {
		JsonObject *group = json_array_get_object_element(groups, i);
		assert_figures(group, i);
		g_assert_cmpstr(json_object_get_string_member(group, "group"), ==, names[i]);
		g_assert_cmpstr(
			json_object_get_string_member_with_default(group, "chosen", chosen[i]), ==,
			chosen[i]);
	}
	assert_figures(json_object_get_object_member(object, "mean_of_groups"), 5);
	assert_figures(json_object_get_object_member(object, "all_rows"), 6);
}

static void
test_file(void)
{
	Fixture fixture;

	fixture_init(&fixture);
	g_autoptr(JsonObject) object = vmfc_judgement_build(&fixture.trial);
	assert_groups(object);
	g_assert_cmpstr(json_object_get_string_member(object, "left_out"), ==, "workload");
	g_assert_cmpstr(json_object_get_string_member(object, "chosen"), ==, "linear 0.03");
	g_assert_cmpstr(json_object_get_string_member(object, "worst_group"), ==, "b");
	g_assert_cmpstr(json_object_get_string_member(object, "least_held_group"), ==, "c|d");
	assert_number(object, "worst_mape_percent", 11.5);
	assert_number(object, "least_held_percent", 82.5);
	assert_number(object, "group_count", 3);
	assert_number(object, "fold_count", 2);
	assert_number(object, "trained_rows", 70);
	assert_number(object, "judged_rows", 60);
	assert_number(object, "rows_without_features", 7);
	assert_number(object, "floor_watts", 2.5);
	assert_number(object, "shuffled_rows_mape_percent", 1.5);
	/* of three runs */
	assert_number(object, "runs_left_out_mape_percent", 6.5);
	JsonArray *runs = json_object_get_array_member(object, "runs_left_out");
	g_assert_cmpuint(json_array_get_length(runs), ==, 3);
	JsonObject *run = json_array_get_object_element(runs, 1);
	g_assert_cmpstr(json_object_get_string_member(run, "run"), ==, "r2");
	assert_number(run, "mape_percent", 9);
	JsonObject *top = json_object_get_object_member(object, "top_fifth_left_out");
	assert_number(top, "utilisation_above", 2.75);
	assert_number(top, "mape_percent", 12.5);
	assert_number(top, "bias_percent", -8.5);
	JsonArray *candidates = json_object_get_array_member(object, "candidates");
	JsonObject *candidate = json_array_get_object_element(candidates, 1);
	g_assert_cmpstr(json_object_get_string_member(candidate, "name"), ==, "curve");
	assert_number(candidate, "mean_percent", 4.125);
	assert_number(candidate, "worst_percent", 40.25);
	fixture_clear(&fixture);
}

/* An interval is a promise for other workloads if there are nine of them; of phases it is none. */
static void
test_promise(void)
{
	Fixture fixture;

	fixture_init(&fixture);
	for (guint n = 8; n <= 10; n++) {
		for (guint kind = VMFC_GROUPS_WORKLOADS; kind <= VMFC_GROUPS_BLOCKS; kind++) {
			g_autoptr(GString) card = g_string_new(NULL);
			fixture.trial.interval.n_groups = n;
			fixture.trial.groups->kind = kind;
			g_autoptr(JsonObject) object = vmfc_judgement_build(&fixture.trial);
			vmfc_card_add_judgement(card, &fixture.trial);
			gboolean is_of_workloads = kind == VMFC_GROUPS_WORKLOADS;
			g_assert_cmpint(
				json_object_get_boolean_member(object, "interval_is_promise"), ==,
				is_of_workloads && n >= 9);
			g_assert_cmpint(strstr(card->str, "There are fewer than 9 workloads: the "
							  "interval is not a promise.") != NULL,
					==, is_of_workloads && n < 9);
			g_assert_cmpint(strstr(card->str, "the interval says nothing of other "
							  "workloads.") != NULL,
					==, !is_of_workloads);
		}
	}
	fixture_clear(&fixture);
}

static void
test_kept_back(void)
{
	Fixture fixture;

	fixture_init(&fixture);
	fixture_add_test(&fixture);
	g_autoptr(JsonObject) object = vmfc_judgement_build_test(&fixture.trial);
	assert_groups(object);
	assert_number(object, "rows_missing", 10);
	assert_number(object, "in_range_percent", 75);
	g_assert_cmpstr(json_object_get_string_member(object, "file"), ==, "kept.csv");
	g_assert_cmpstr(json_object_get_string_member(object, "sha256"), ==, "abc");
	fixture_clear(&fixture);
}

/* ------------------------------------------------------------------ card */

static void
test_card(void)
{
	static const gchar *const lines[] = {
		"**15.5 %** on average (MAPE), and **11.5 %** on the worst, b. Each workload was",
		"| workload | rows | MAPE % | MAE W | bias W | energy % | idle W | held % | ± % "
		"|\n",
		"| a | 100 | 10.5 | 0.25 | -1.50 | +20.5 | +30.50 | 80.5 | 40.5 |\n"
		"| b | 101 | 11.5 | 1.25 | -2.50 | +21.5 | – | 81.5 | 41.5 |\n"
		"| c\\|d | 102 | 12.5 | 2.25 | -3.50 | +22.5 | +32.50 | 82.5 | 42.5 |\n"
		"| mean of these | 105 | 15.5 | 5.25 | -6.50 | +25.5 | +35.50 | 85.5 | 45.5 |\n"
		"| all rows | 106 | 16.5 | 6.25 | -7.50 | +26.5 | +36.50 | 86.5 | 46.5 |\n",
		"MAPE and ± count rows of 2.5 W or more",
		"to contain 90 % of rows. It contained **86.5 %** of rows",
		"of the workload where it contained least, c\\|d, 82.5 %",
		"divided by 1.5 to the estimate times that; below 3.5 W it starts at 0.",
		"Chosen: **linear 0.03**.",
		"| mean | 5.12 | 50.2 |\n| curve | 4.12 | 40.2 |\n| linear 0.03 | 3.12 | 30.2 |\n",
		"(above 2.75), it is 12.5 % off on that fifth, and -8.5 % on average",
		"with each of 3 runs left out once, it is 6.5 % off on average, and 9.0 % on the "
		"worst, r2.",
		"Shuffled rows: 1.5 %.",
		"Made from 70 rows, and judged by 60 of them, evenly taken from each workload.\n",
		NULL};
	static const gchar *const of_test[] = {"On kept.csv, which was kept back: **15.5 %** on "
					       "average of its workloads; 75.0 % of its "
					       "40 rows are in range.",
					       "| workload | rows |", "| b | 101 | 11.5 |",
					       "Made from 70 rows", NULL};
	Fixture fixture;

	fixture_init(&fixture);
	g_autoptr(GString) card = g_string_new(NULL);
	vmfc_card_add_judgement(card, &fixture.trial);
	assert_lines(card->str, lines);
	g_assert_null(strstr(card->str, "kept back"));
	g_assert_null(strstr(card->str, "beside a block"));
	fixture_add_test(&fixture);
	fixture.trial.groups->gap = 5;
	g_string_truncate(card, 0);
	vmfc_card_add_judgement(card, &fixture.trial);
	assert_lines(card->str, of_test);
	g_assert_nonnull(strstr(card->str, "; 5 rows beside a block that was left out"));
	fixture_clear(&fixture);
}

/* More workloads, and the number of CPUs, are advised where they are missing. */
static void
test_advice(void)
{
	g_autoptr(GPtrArray) zones = g_ptr_array_new();
	g_autoptr(GPtrArray) trials = g_ptr_array_new();
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	VmfcZoneTrials without = {.trials = none};
	VmfcZoneTrials zone = {.trials = trials};
	Fixture fixture;

	fixture_init(&fixture);
	g_ptr_array_add(trials, &fixture.trial);
	g_ptr_array_add(zones, &without);
	g_ptr_array_add(zones, &zone);
	for (guint i = 0; i < 8; i++) {
		g_autoptr(GString) card = g_string_new(NULL);
		gboolean is_few = i % 2 == 1;
		gboolean is_of_phases = i / 2 % 2 == 1;
		fixture.trial.interval.n_groups = is_few ? 8 : 9;
		fixture.trial.groups->kind = is_of_phases ? VMFC_GROUPS_PHASES
							  : VMFC_GROUPS_WORKLOADS;
		fixture.set->uses_cpus = i < 4;
		vmfc_card_add_advice(card, fixture.set, zones);
		g_test_message("case %u", i);
		g_assert_cmpint(card->len == 0, ==, i == 0);
		g_assert_cmpint(strstr(card->str, "- 9 workloads or more") != NULL, ==,
				is_few || is_of_phases);
		g_assert_cmpint(strstr(card->str, "- The column core_count") != NULL, ==, i >= 4);
	}
	fixture_clear(&fixture);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/train-card/file", test_file);
	g_test_add_func("/train-card/promise", test_promise);
	g_test_add_func("/train-card/kept-back", test_kept_back);
	g_test_add_func("/train-card/card", test_card);
	g_test_add_func("/train-card/advice", test_advice);
	return g_test_run();
}
