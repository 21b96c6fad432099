/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What train judges candidates by, recounted by its definitions: each fold, and each two of them,
 * are left out. */

#include <math.h>
#include <string.h>

#include "model/predict.h"
#include "tools/train/fit-jobs.h"
#include "tools/train/interval.h"
#include "tools/train/judge.h"

#define N_ROWS	     61
#define N_GROUPS     8
#define N_FOLDS	     3
#define N_CANDIDATES 3
#define SHARE	     0.8

static const VmfcFitRunner runner = {.n_threads = 1};
/* a fold has several groups, and the last group has no rows */
static const guint folds[N_GROUPS] = {0, 1, 2, 0, 1, 2, 1, 1};
static const VmfcCandidate candidates[N_CANDIDATES] = {
	{"mean", VMFC_FAMILY_MEAN, 0},
	{"linear 0.03", VMFC_FAMILY_LINEAR, 0.03},
	{"linear 0.01", VMFC_FAMILY_LINEAR, 0.01},
};

/* Groups of 3 to 17 rows, some of them with a power near 0. @step: W for a CPU */
static VmfcSamples *
new_samples(guint32 seed, gdouble step)
{
	static const guint ends[] = {5, 22, 31, 46, 50, 58, N_ROWS};
	g_autoptr(GRand) random = g_rand_new_with_seed(seed);
	VmfcSamples *samples = vmfc_samples_new(N_ROWS, 1, N_GROUPS);

	for (guint i = 0; i < N_ROWS; i++) {
		while (i >= ends[samples->groups[i]])
			samples->groups[i]++;
		samples->features[i] = g_rand_double_range(random, 0, 4);
		samples->labels[i] = i % 11 == 3 ? 0.1
						 : 10 + step * samples->features[i] +
							   2 * samples->groups[i] +
							   g_rand_double_range(random, -2, 2);
	}
	vmfc_samples_sort(samples);
	return samples;
}

/* Everything once more, by its definition. */
typedef struct {
	const VmfcSamples *samples;
	guint gap;
	gdouble floor;
	gdouble estimates[N_CANDIDATES][N_FOLDS]
			 [N_ROWS]; /* without the row's own fold and another */
} Recount;

static guint
fold_of(const Recount *recount, guint row)
{
	return folds[recount->samples->groups[row]];
}

/* Estimates rows of the fold @own by what is fitted without it and without @other. */
static void
recount_fit(Recount *recount, guint own, guint other)
{
	guint8 *has = g_malloc(N_ROWS);
	VmfcEstimator fits[N_CANDIDATES];

	for (guint i = 0; i < N_ROWS; i++) {
		has[i] = TRUE;
		for (guint j = 0; j < N_ROWS; j++) {
			guint fold = fold_of(recount, j);
			if ((fold == own || fold == other) && MAX(i, j) - MIN(i, j) <= recount->gap)
				has[i] = FALSE;
		}
	}
	g_autoptr(VmfcSelection) selection = vmfc_selection_new(recount->samples, has);
	g_assert_true(vmfc_candidates_fit(candidates, N_CANDIDATES, selection, fits, NULL));
	for (guint k = 0; k < N_CANDIDATES; k++) {
		for (guint i = 0; i < N_ROWS; i++) {
			if (fold_of(recount, i) == own)
				recount->estimates[k][other][i] = vmfc_estimator_predict(
					&fits[k], vmfc_samples_get_row(recount->samples, i));
		}
		vmfc_estimator_clear(&fits[k]);
	}
}

static void
recount_init(Recount *recount, const VmfcSamples *samples, guint gap)
{
	guint8 *all = g_malloc(N_ROWS);

	*recount = (Recount){.samples = samples, .gap = gap};
	memset(all, TRUE, N_ROWS);
	g_autoptr(VmfcSelection) selection = vmfc_selection_new(samples, all);
	recount->floor = vmfc_selection_find_floor(selection);
	for (guint own = 0; own < N_FOLDS; own++) {
		for (guint other = 0; other < N_FOLDS; other++)
			recount_fit(recount, own, other);
	}
}

/* @left_out: -1: none */
static gdouble
recount_group_error(const Recount *recount, guint candidate, guint group, gint left_out)
{
	guint other = left_out < 0 ? folds[group] : (guint)left_out;
	gdouble sum = 0;
	guint n = 0;

	for (guint i = 0; i < N_ROWS; i++) {
		if (recount->samples->groups[i] != group)
			continue;
		gdouble watts = recount->samples->labels[i];
		sum += fabs(recount->estimates[candidate][other][i] - watts) /
		       MAX(watts, recount->floor);
		n++;
	}
	return n > 0 ? sum / n : NAN;
}

static gdouble
recount_error(const Recount *recount, guint candidate, gint left_out)
{
	gdouble sum = 0;
	guint n = 0;

	for (guint group = 0; group < N_GROUPS; group++) {
		gdouble error = recount_group_error(recount, candidate, group, left_out);
		if ((gint)folds[group] == left_out || isnan(error))
			continue;
		sum += error;
		n++;
	}
	return sum / n;
}

/* @is_best: (out): whether no other is better */
static guint
recount_choice(const Recount *recount, gint left_out, gboolean *is_best)
{
	gdouble errors[N_CANDIDATES];
	gdouble best = INFINITY;

	for (guint i = 0; i < N_CANDIDATES; i++) {
		errors[i] = recount_error(recount, i, left_out);
		best = MIN(best, errors[i]);
	}
	for (guint i = 0; i < N_CANDIDATES; i++) {
		*is_best = errors[i] == best;
		if (errors[i] <= 1.01 * best)
			return i;
	}
	g_assert_not_reached();
}

static void
recount_interval(const Recount *recount, guint candidate, gint left_out, VmfcInterval *interval)
{
	gdouble residuals[N_ROWS];
	gdouble weights[N_ROWS];
	guint counts[N_GROUPS] = {0};
	guint n = 0;
	guint n_groups = 0;

	for (guint i = 0; i < N_ROWS; i++)
		counts[recount->samples->groups[i]]++;
	for (guint group = 0; group < N_GROUPS; group++)
		n_groups += counts[group] > 0 && (gint)folds[group] != left_out;
	for (guint i = 0; i < N_ROWS; i++) {
		guint fold = fold_of(recount, i);
		if ((gint)fold == left_out)
			continue;
		residuals[n] = vmfc_interval_get_residual(
			recount->samples->labels[i],
			recount->estimates[candidate][left_out < 0 ? (gint)fold : left_out][i],
			recount->floor);
		weights[n++] = 1.0 / counts[recount->samples->groups[i]];
	}
	*interval = (VmfcInterval){.share = SHARE, .floor = recount->floor, .n_groups = n_groups};
	vmfc_interval_set_width(interval,
				vmfc_interval_find_width(residuals, weights, n, SHARE, n_groups));
}

static void
assert_intervals(const VmfcInterval *one, const VmfcInterval *other)
{
	g_assert_cmpfloat(one->share, ==, other->share);
	g_assert_cmpfloat(one->floor, ==, other->floor);
	g_assert_cmpuint(one->n_groups, ==, other->n_groups);
	g_assert_cmpfloat_with_epsilon(one->log_width, other->log_width, 1e-12);
	g_assert_cmpfloat_with_epsilon(one->factor, exp(other->log_width), 1e-9);
}

/* What is told of a row was chosen, fitted and made wide without its fold. */
static void
assert_nested(const VmfcJudge *judge, const Recount *recount)
{
	VmfcNested *nested = vmfc_judge_estimate(judge, SHARE);
	gboolean is_best;

	for (guint fold = 0; fold < N_FOLDS; fold++)
		g_assert_cmpuint(nested->chosen[fold], ==,
				 recount_choice(recount, (gint)fold, &is_best));
	for (guint i = 0; i < N_ROWS; i++) {
		guint fold = fold_of(recount, i);
		guint chosen = nested->chosen[fold];
		VmfcInterval interval;
		gdouble low, high;
		recount_interval(recount, chosen, (gint)fold, &interval);
		g_assert_cmpfloat_with_epsilon(nested->estimates[i],
					       recount->estimates[chosen][fold][i], 1e-9);
		vmfc_interval_find(&interval, nested->estimates[i], &low, &high);
		g_assert_cmpfloat_with_epsilon(nested->low[i], low, 1e-9);
		g_assert_cmpfloat_with_epsilon(nested->high[i], high, 1e-9);
	}
	vmfc_nested_free(nested);
}

/* Returns: whether a candidate is taken that is nearly as good as the best, and comes before it */
static gboolean
assert_judged(const VmfcSamples *samples, guint gap)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(VmfcCandidate));
	g_autofree Recount *recount = g_new(Recount, 1);
	gboolean is_nearly = FALSE;

	g_array_append_vals(all, candidates, N_CANDIDATES);
	g_autoptr(VmfcJudge) judge = vmfc_judge_new(samples, folds, N_FOLDS, gap, all, &runner,
						    NULL);
	recount_init(recount, samples, gap);
	g_assert_cmpfloat(judge->floor, ==, recount->floor);
	for (gint left_out = -1; left_out < N_FOLDS; left_out++) {
		gboolean is_best;
		for (guint i = 0; i < N_CANDIDATES; i++) {
			VmfcInterval interval, wanted;
			g_assert_cmpfloat_with_epsilon(vmfc_judge_get_error(judge, i, left_out),
						       recount_error(recount, i, left_out), 1e-9);
			vmfc_judge_find_interval(judge, i, left_out, SHARE, &interval);
			recount_interval(recount, i, left_out, &wanted);
			assert_intervals(&interval, &wanted);
		}
		g_assert_cmpuint(vmfc_judge_choose(judge, left_out), ==,
				 recount_choice(recount, left_out, &is_best));
		is_nearly |= !is_best;
	}
	for (guint group = 0; group < N_GROUPS; group++) {
		gdouble error = vmfc_judge_get_group_error(judge, 1, group);
		g_assert_cmpint(isnan(error), ==, group == N_GROUPS - 1);
		if (!isnan(error))
			g_assert_cmpfloat_with_epsilon(
				error, recount_group_error(recount, 1, group, -1), 1e-9);
	}
	assert_nested(judge, recount);
	return is_nearly;
}

static void
test_recount(void)
{
	guint n_nearly = 0;

	for (guint seed = 0; seed < 16; seed++) {
		g_autoptr(VmfcSamples) samples = new_samples(seed, seed % 4 == 3 ? 0 : 4);
		g_test_message("seed %u", seed);
		n_nearly += assert_judged(samples, seed % 2 == 0 ? 0 : 2);
	}
	g_test_message("%u", n_nearly);
	g_assert_cmpuint(n_nearly, >=, 3);
}

/* Rows beside those that are left out are not fitted to either, and no row further away is. */
static void
test_gap(void)
{
	static const struct {
		const gchar *tested;
		guint gap;
		const gchar *training;
	} cases[] = {
		{"0000000000", 3, "1111111111"},  {"0001100000", 0, "1110011111"},
		{"0001100000", 1, "1100001111"},  {"0001100000", 2, "1000000111"},
		{"1000000000", 2, "0001111111"},  {"0000000001", 2, "1111111000"},
		{"0100000010", 2, "0000110000"},  {"0001100110", 1, "1100000000"},
		{"0000100000", 99, "0000000000"},
	};
	g_autoptr(VmfcSamples) samples = vmfc_samples_new(10, 1, 1);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		VmfcFitJob *job = vmfc_fit_job_new(samples, candidates, 1);
		guint8 is_tested[10];
		guint n = 0;
		for (guint j = 0; j < 10; j++)
			is_tested[j] = cases[i].tested[j] == '1';
		vmfc_fit_job_set_tested(job, is_tested, cases[i].gap);
		g_test_message("case %u", i);
		for (guint j = 0; j < 10; j++) {
			g_assert_cmpint(job->training[j], ==, cases[i].training[j] == '1');
			if (is_tested[j])
				g_assert_cmpuint(g_array_index(job->tested, guint, n++), ==, j);
		}
		g_assert_cmpuint(job->tested->len, ==, n);
		vmfc_fit_job_free(job);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/train-judge/recount", test_recount);
	g_test_add_func("/train-judge/gap", test_gap);
	return g_test_run();
}
