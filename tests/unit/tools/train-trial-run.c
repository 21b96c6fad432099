/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What train finds out about a model besides the judgement of its candidates: each figure is
 * computed once more, from fits to the rows that it is told to be fitted to. */

#include <string.h>

#include "model/predict.h"
#include "tools/train/judge.h"
#include "tools/train/trial-run.h"
#include "training-sets.h"

#define N_GROUPS 4
/* the workload without load */
#define IDLE 1

typedef struct {
	VmfcTrainingSet *set;
	VmfcFeatureSet features;
	VmfcTrial *trial;
} Fixture;

/*
 * 160 rows of four workloads and three runs. The first rows have no power or no feature, and of the
 * workload b all power is below the floor. @seconds: of the last row
 */
static gchar *
write_rows(const gchar *seconds)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(7);
	g_autoptr(GString) text = g_string_new(
		"timestamp,x,power_watts_package,run,stress_workload,time_delta_seconds\n"
		"2000000001,1,,r1,a,1\n2000000002,,5,r2,b,1\n2000000003,1,,r3,c,1\n");

	for (guint i = 0; i < 160; i++) {
		guint group = i % 20 < 9 ? 0 : i % 20 < 14 ? 1 : i % 20 < 18 ? 2 : 3;
		gdouble x = g_rand_double_range(random, 0, 4) * (group + 2) / 5;
		gdouble watts = group == 3 ? 0.5 + x / 100
					   : 20 + 5 * x + 3 * group +
						     g_rand_double_range(random, -3, 3);
		g_string_append_printf(text, "%u,%.6f,%.6f,r%u,%c,%s\n", 2000000010 + i, x, watts,
				       i < 70	? 1
				       : i < 90 ? 2
						: 3,
				       "acdb"[group],
				       i == 159	    ? seconds
				       : i % 3 == 0 ? "1"
						    : "2");
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* @text: a training set */
static void
fixture_init_of(Fixture *fixture, const gchar *text, guint max_rows, guint64 seed)
{
	static const gboolean families[VMFC_N_FAMILIES] = {
		[VMFC_FAMILY_MEAN] = TRUE, [VMFC_FAMILY_CURVE] = TRUE};
	const VmfcTrialOptions options = {.families = families,
					  .interval_share = 0.9,
					  .max_rows = max_rows,
					  .seed = seed,
					  .runner = {.n_threads = 1}};
	g_autoptr(GError) error = NULL;
	const guint first = 0;

	fixture->set = vmfc_training_set_new();
	read_files(fixture->set, (const gchar *[]){text}, 1, FALSE);
	vmfc_training_rows_sort(fixture->set);
	fixture->features = (VmfcFeatureSet){"cpu", g_array_new(FALSE, FALSE, sizeof(guint))};
	g_array_append_val(fixture->features.features, first);
	fixture->trial = vmfc_trial_new(fixture->set, fixture->set->zones->pdata[0],
					&fixture->features);
	g_assert_true(vmfc_trial_check(fixture->trial, &error));
	g_assert_true(vmfc_trial_run(fixture->trial, &options, &error));
	g_assert_no_error(error);
}

static void
fixture_init(Fixture *fixture, const gchar *seconds, guint max_rows, guint64 seed)
{
	g_autofree gchar *text = write_rows(seconds);
	fixture_init_of(fixture, text, max_rows, seed);
}

static void
fixture_clear(Fixture *fixture)
{
	vmfc_trial_free(fixture->trial);
	g_array_unref(fixture->features.features);
	vmfc_training_set_free(fixture->set);
}

/* The number of a judged row in the set. */
static guint
row_of(const VmfcTrial *trial, guint judged)
{
	return trial->all_rows[trial->judged_rows[judged]];
}

/* ------------------------------------------------------------------ rows */

/* What is judged of a row is what the set has of it. */
static void
test_rows(void)
{
	for (guint max_rows = 60; max_rows <= 1000; max_rows += 940) {
		Fixture fixture;
		guint counts[N_GROUPS] = {0};
		fixture_init(&fixture, "1", max_rows, 0);
		const VmfcTrial *trial = fixture.trial;
		g_assert_cmpuint(trial->all->n_rows, ==, 160);
		g_assert_cmpuint(trial->judged->n_rows, ==, MIN(max_rows, 160));
		g_assert_cmpuint(trial->n_without_features, ==, 1);
		for (guint i = 0; i < trial->judged->n_rows; i++) {
			guint row = row_of(trial, i);
			const gchar *name = trial->groups->names->pdata[trial->judged->groups[i]];
			g_assert_cmpfloat(trial->judged->labels[i], ==,
					  get_label(fixture.set, row));
			g_assert_cmpfloat(trial->judged->features[i], ==,
					  fixture.set->features[0][row]);
			g_assert_cmpstr(name, ==, fixture.set->workloads[row]);
			counts[trial->judged->groups[i]]++;
		}
		for (guint i = 0; i < N_GROUPS && max_rows < 160; i++)
			g_assert_cmpuint(counts[i], ==, 15);
		fixture_clear(&fixture);
	}
}

/* --------------------------------------------------------------- figures */

/* Energy counts each window by its length, if that is known of all of them. */
static void
test_figures(void)
{
	for (guint i = 0; i < 2; i++) {
		Fixture fixture;
		gdouble energy[2] = {0};
		fixture_init(&fixture, i == 0 ? "1" : "", i == 0 ? 60 : 1000, 0);
		const VmfcTrial *trial = fixture.trial;
		for (guint k = 0; k < trial->judged->n_rows; k++) {
			gdouble seconds = i == 0 ? fixture.set->seconds[row_of(trial, k)] : 1;
			energy[0] += trial->nested->estimates[k] * seconds;
			energy[1] += trial->judged->labels[k] * seconds;
		}
		g_assert_cmpfloat_with_epsilon(trial->figures->rows.energy,
					       100 * (energy[0] / energy[1] - 1), 1e-9);
		g_assert_cmpuint(trial->figures->rows.n_rows, ==, trial->judged->n_rows);
		/* all power of that group is below the floor */
		g_assert_true(isnan(trial->figures->groups[IDLE].mape));
		g_assert_true(isfinite(trial->figures->groups[IDLE].mae));
		fixture_clear(&fixture);
	}
}

/* @max_rows: of so few that a group has none of them, it has no error */
static void
check_errors(guint max_rows)
{
	static const VmfcFitRunner runner = {.n_threads = 1};
	Fixture fixture;
	gdouble sum = 0;
	guint n = 0;

	fixture_init(&fixture, "1", max_rows, 0);
	const VmfcTrial *trial = fixture.trial;
	g_autoptr(VmfcJudge) judge = vmfc_judge_new(trial->judged, trial->groups->folds,
						    trial->groups->n_folds, 0, trial->candidates,
						    &runner, NULL);
	g_assert_cmpuint(trial->candidates->len, ==, 2);
	for (guint i = 0; i < 2; i++) {
		gdouble worst = 0;
		for (guint group = 0; group < N_GROUPS; group++)
			worst = fmax(worst, vmfc_judge_get_group_error(judge, i, group));
		g_assert_cmpfloat_with_epsilon(trial->worst[i], 100 * worst, 1e-9);
		g_assert_cmpfloat_with_epsilon(trial->errors[i],
					       100 * vmfc_judge_get_error(judge, i, -1), 1e-9);
	}
	g_assert_cmpuint(trial->chosen, ==, vmfc_judge_choose(judge, -1));
	for (guint group = 0; group < N_GROUPS; group++) {
		gdouble error = vmfc_judge_get_group_error(
			judge, trial->nested->chosen[trial->groups->folds[group]], group);
		sum += isnan(error) ? 0 : error;
		n += !isnan(error);
	}
	g_assert_cmpuint(n, ==, MIN(max_rows, N_GROUPS));
	g_assert_cmpfloat_with_epsilon(trial->choice_error, sum / n, 1e-12);
	g_assert_cmpfloat(trial->floor, ==, judge->floor);
	fixture_clear(&fixture);
}

/* What each candidate came to, and the mean of what was chosen each time. */
static void
test_errors(void)
{
	check_errors(100);
	check_errors(3);
}

/* Rows beside a block are as many as the rows that are judged ask for. */
static void
test_gap(void)
{
	g_autoptr(GString) text = g_string_new("timestamp,x,power_watts_package\n");
	static const guint gaps[][2] = {{600, 6}, {2000, 20}};

	for (guint i = 0; i < 2000; i++)
		g_string_append_printf(text, "%u,%u,%u\n", 2000000000 + i, i % 7, 5 + i % 11);
	for (guint i = 0; i < G_N_ELEMENTS(gaps); i++) {
		Fixture fixture;
		fixture_init_of(&fixture, text->str, gaps[i][0], 0);
		g_assert_cmpint(fixture.trial->groups->kind, ==, VMFC_GROUPS_BLOCKS);
		g_assert_cmpuint(fixture.trial->groups->gap, ==, gaps[i][1]);
		fixture_clear(&fixture);
	}
}

/* ------------------------------------------------------------- last fits */

/* Estimates all judged rows by the chosen candidate, fitted to those that @training has. */
static gdouble *
fit(const VmfcTrial *trial, const guint8 *training)
{
	guint n = trial->judged->n_rows;
	gdouble *estimates = g_new(gdouble, n);
	VmfcEstimator estimator;
	g_autoptr(VmfcSelection) selection = vmfc_selection_new(trial->judged,
								g_memdup2(training, n));

	g_assert_true(
		vmfc_candidates_fit(&g_array_index(trial->candidates, VmfcCandidate, trial->chosen),
				    1, selection, &estimator, NULL));
	for (guint i = 0; i < n; i++)
		estimates[i] = vmfc_estimator_predict(&estimator,
						      vmfc_samples_get_row(trial->judged, i));
	vmfc_estimator_clear(&estimator);
	return estimates;
}

/* The model itself is fitted to all rows, also to those by which it is not judged. */
static void
test_model(void)
{
	for (guint max_rows = 60; max_rows <= 1000; max_rows += 940) {
		Fixture fixture;
		fixture_init(&fixture, "1", max_rows, 0);
		VmfcTrial all = *fixture.trial;
		all.judged = all.all;
		g_autofree guint8 *training = g_malloc(all.all->n_rows);
		memset(training, TRUE, all.all->n_rows);
		g_autofree gdouble *estimates = fit(&all, training);
		for (guint i = 0; i < all.all->n_rows; i++)
			g_assert_cmpfloat_with_epsilon(
				vmfc_estimator_predict(&all.estimator,
						       vmfc_samples_get_row(all.all, i)),
				estimates[i], 1e-9);
		fixture_clear(&fixture);
	}
}

/* @training: the other rows are those that count. Returns: % */
static gdouble
find_mape(const VmfcTrial *trial, const gdouble *estimates, const guint8 *training)
{
	gdouble sum = 0;
	guint n = 0;

	for (guint i = 0; i < trial->judged->n_rows; i++) {
		gdouble watts = trial->judged->labels[i];
		if (training[i] || watts < trial->floor)
			continue;
		sum += fabs(estimates[i] - watts) / watts;
		n++;
	}
	return n > 0 ? 100 * sum / n : NAN;
}

/* The utilisation up to which four fifths of the weight is, with each group counting the same. */
static gdouble
find_top(const VmfcTrial *trial)
{
	const VmfcSamples *judged = trial->judged;
	guint counts[N_GROUPS] = {0};
	gdouble top = INFINITY;

	for (guint i = 0; i < judged->n_rows; i++)
		counts[judged->groups[i]]++;
	for (guint i = 0; i < judged->n_rows; i++) {
		gdouble sum = 0;
		for (guint k = 0; k < judged->n_rows; k++)
			sum += judged->features[k] <= judged->features[i]
				       ? 1.0 / counts[judged->groups[k]] / N_GROUPS
				       : 0;
		if (sum >= 0.8 - 1e-9)
			top = MIN(top, judged->features[i]);
	}
	return top;
}

/* The rows with the highest utilisation, estimated by what was fitted without them. */
static void
test_top(void)
{
	for (guint max_rows = 60; max_rows <= 1000; max_rows += 940) {
		Fixture fixture;
		gdouble estimated = 0;
		gdouble measured = 0;
		fixture_init(&fixture, "1", max_rows, 0);
		const VmfcTrial *trial = fixture.trial;
		guint n = trial->judged->n_rows;
		g_autofree guint8 *training = g_malloc(n);
		g_assert_cmpfloat(trial->top_from, ==, find_top(trial));
		for (guint i = 0; i < n; i++)
			training[i] = trial->judged->features[i] <= trial->top_from;
		g_autofree gdouble *estimates = fit(trial, training);
		for (guint i = 0; i < n; i++) {
			estimated += training[i] ? 0 : estimates[i];
			measured += training[i] ? 0 : trial->judged->labels[i];
		}
		g_assert_cmpfloat_with_epsilon(trial->top_mape,
					       find_mape(trial, estimates, training), 1e-9);
		g_assert_cmpfloat_with_epsilon(trial->top_bias, 100 * (estimated / measured - 1),
					       1e-9);
		fixture_clear(&fixture);
	}
}

/* More than ten runs are left out in ten parts; a run whose rows cannot be used is none. */
static void
test_many_runs(void)
{
	for (guint n_runs = 1; n_runs <= 12; n_runs += 11) {
		g_autoptr(GString) text = g_string_new(
			"timestamp,x,power_watts_package,run,stress_workload\n"
			"2000000000,,5,without,a\n");
		Fixture fixture;
		for (guint i = 0; i < 120; i++)
			g_string_append_printf(text, "%u,%u,%u,r%02u,%c\n", 2000000001 + i, i % 7,
					       20 + i % 7 * 5 + i % 11, i * n_runs / 120,
					       "abc"[i % 3]);
		fixture_init_of(&fixture, text->str, 1000, 0);
		const VmfcTrial *trial = fixture.trial;
		g_assert_cmpint(trial->run_mapes != NULL, ==, n_runs > 1);
		for (guint run = 0; run < trial->n_runs; run++)
			g_assert_cmpint(isnan(trial->run_mapes[run]), ==, run == 0);
		fixture_clear(&fixture);
	}
}

/* Each run once, estimated by what was fitted to the others. */
static void
test_runs(void)
{
	for (guint max_rows = 60; max_rows <= 1000; max_rows += 940) {
		Fixture fixture;
		fixture_init(&fixture, "1", max_rows, 0);
		const VmfcTrial *trial = fixture.trial;
		guint n = trial->judged->n_rows;
		g_autofree guint8 *training = g_malloc(n);
		g_assert_cmpuint(trial->n_runs, ==, 3);
		for (guint run = 0; run < 3; run++) {
			for (guint i = 0; i < n; i++)
				training[i] = fixture.set->runs[row_of(trial, i)] != run;
			g_autofree gdouble *estimates = fit(trial, training);
			g_assert_cmpfloat_with_epsilon(trial->run_mapes[run],
						       find_mape(trial, estimates, training), 1e-9);
		}
		fixture_clear(&fixture);
	}
}

/* Rows at random: other ones with another seed, and nearly as good as a fit to all of them. */
static void
test_shuffled(void)
{
	gdouble mapes[3];

	for (guint i = 0; i < G_N_ELEMENTS(mapes); i++) {
		Fixture fixture;
		gdouble sum = 0;
		fixture_init(&fixture, "1", 1000, i / 2);
		const VmfcTrial *trial = fixture.trial;
		guint n = trial->judged->n_rows;
		g_autofree guint8 *others = g_malloc(n);
		memset(others, TRUE, n);
		g_autofree gdouble *estimates = fit(trial, others);
		/* the groups that have rows above the floor */
		for (guint group = 0; group < N_GROUPS; group++) {
			if (group == IDLE)
				continue;
			for (guint k = 0; k < n; k++)
				others[k] = trial->judged->groups[k] != group;
			sum += find_mape(trial, estimates, others);
		}
		mapes[i] = trial->shuffled_mape;
		g_test_message("%g, all %g", mapes[i], sum / 3);
		g_assert_cmpfloat(mapes[i], >, 0.95 * sum / 3);
		g_assert_cmpfloat(mapes[i], <, 1.15 * sum / 3);
		fixture_clear(&fixture);
	}
	g_assert_cmpfloat(mapes[0], ==, mapes[1]);
	g_assert_cmpfloat(mapes[0], !=, mapes[2]);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/train-trial-run/rows", test_rows);
	g_test_add_func("/train-trial-run/figures", test_figures);
	g_test_add_func("/train-trial-run/errors", test_errors);
	g_test_add_func("/train-trial-run/gap", test_gap);
	g_test_add_func("/train-trial-run/model", test_model);
	g_test_add_func("/train-trial-run/top", test_top);
	g_test_add_func("/train-trial-run/runs", test_runs);
	g_test_add_func("/train-trial-run/many-runs", test_many_runs);
	g_test_add_func("/train-trial-run/shuffled", test_shuffled);
	return g_test_run();
}
