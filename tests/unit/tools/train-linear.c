/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which terms train fits to which rows, and what trees are fitted to. */

#include <math.h>
#include <string.h>

#include "model/predict.h"
#include "tools/train/boosted-trees.h"
#include "tools/train/candidates.h"
#include "tools/train/linear.h"

/* All rows, of one group. @features: by row. Returns: (transfer full) */
static VmfcSamples *
samples_of(const gdouble *features, guint n_features, const gdouble *labels, guint n)
{
	VmfcSamples *samples = vmfc_samples_new(n, n_features, 1);

	memcpy(samples->features, features, n * n_features * sizeof(gdouble));
	memcpy(samples->labels, labels, n * sizeof(gdouble));
	vmfc_samples_sort(samples);
	return samples;
}

/* @without: a row that is not selected; -1: none */
static VmfcSelection *
select_rows(const VmfcSamples *samples, gint without)
{
	guint8 *has = g_malloc(samples->n_rows);

	memset(has, TRUE, samples->n_rows);
	if (without >= 0)
		has[without] = FALSE;
	return vmfc_selection_new(samples, has);
}

static const VmfcTerm *
term_at(const GArray *terms, guint i)
{
	g_assert_cmpuint(i, <, terms->len);
	return &g_array_index(terms, VmfcTerm, i);
}

/* A curve has segments from where the rows begin: below, nothing tells them from the constant. */
static void
test_segments(void)
{
	static const gdouble knots[] = {0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1};
	static const struct {
		gdouble minimum; /* of rows up to 10 */
		guint first;	 /* the knot at which the first segment begins */
	} cases[] = {{0, 0}, {0.19, 0}, {0.21, 1}, {1.5, 3}, {6.9, 5}, {7.1, 6}, {10, 6}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		/* the quantile is that of the rows that are selected */
		const gdouble x[] = {99, cases[i].minimum, 10, 10, 10, 10}, zeros[6] = {0};
		g_autoptr(VmfcSamples) samples = samples_of(x, 1, zeros, 6);
		g_autoptr(VmfcSelection) selection = select_rows(samples, 0);
		g_autofree gdouble *weights = vmfc_selection_build_weights(selection, 0);
		g_autoptr(VmfcLinear) linear = vmfc_linear_new(selection, weights,
							       VMFC_LINEAR_CURVE);
		g_test_message("case %u", i);
		g_assert_cmpuint(linear->terms->len, ==, 7 - cases[i].first);
		for (guint k = 0; k < linear->terms->len; k++) {
			const VmfcTerm *term = term_at(linear->terms, k);
			g_assert_cmpint(term->kind, ==, VMFC_TERM_SEGMENT);
			g_assert_cmpfloat_with_epsilon(term->scale, 10, 1e-9);
			g_assert_cmpfloat(term->from, ==, knots[cases[i].first + k]);
			g_assert_cmpfloat(term->to, ==, knots[cases[i].first + k + 1]);
			g_assert_cmpint(term->is_open, ==, k + 1 == linear->terms->len);
		}
	}
}

/* The scale is what nearly all rows are below: one wrong row does not change it much. */
static void
test_scale(void)
{
	static const struct {
		gdouble last; /* of 2001 rows, all others are from 1 to 2 */
		gdouble factor;
		gdouble scale;
	} cases[] = {{1e6, 1, 2}, {2, 1, 2}, {2, 1e-3, 2e-3}, {2, 1e9, 2e9}, {0, 0, 1}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gdouble *x = g_new(gdouble, 2 * 2001);
		g_autofree gdouble *zeros = g_new0(gdouble, 2001);
		for (guint k = 0; k < 2001; k++) {
			x[2 * k] = 5;
			x[2 * k + 1] = (k == 2000 ? cases[i].last : 1 + k / 1999.0) *
				       cases[i].factor;
		}
		g_autoptr(VmfcSamples) samples = samples_of(x, 2, zeros, 2001);
		g_autoptr(VmfcSelection) selection = select_rows(samples, -1);
		g_autofree gdouble *weights = vmfc_selection_build_weights(selection, 0);
		g_autoptr(VmfcLinear) linear = vmfc_linear_new(selection, weights,
							       VMFC_LINEAR_TERMS);
		g_assert_cmpuint(linear->terms->len, ==, 10);
		for (guint k = 0; k < 10; k++) {
			const VmfcTerm *term = term_at(linear->terms, k);
			gdouble scale = k < 5 ? 5 : cases[i].scale;
			g_assert_cmpuint(term->feature, ==, k / 5);
			g_assert_cmpfloat_with_epsilon(term->scale / scale, 1, 2e-3);
		}
	}
}

/* A penalty shares watts among features that move together, and takes none of their sum. */
static void
test_penalty(void)
{
	static const gdouble penalties[] = {0, 1e-3, 1000};
	gdouble x[2 * 50], watts[50];

	for (guint i = 0; i < 50; i++) {
		/* nearly the same */
		x[2 * i] = i / 49.0;
		x[2 * i + 1] = i / 49.0 + (i % 2 == 0 ? 1e-4 : -1e-4) * (i > 0 && i < 49);
		watts[i] = 10 + 20 * x[2 * i];
	}
	g_autoptr(VmfcSamples) samples = samples_of(x, 2, watts, 50);
	g_autoptr(VmfcSelection) selection = select_rows(samples, -1);
	g_autofree gdouble *weights = vmfc_selection_build_weights(selection, 0);
	g_autoptr(VmfcLinear) linear = vmfc_linear_new(selection, weights, VMFC_LINEAR_TERMS);
	for (guint i = 0; i < G_N_ELEMENTS(penalties); i++) {
		g_auto(VmfcEstimator) fit;
		gdouble sums[2] = {0};
		vmfc_estimator_init(&fit, VMFC_FAMILY_LINEAR);
		vmfc_linear_solve(linear, penalties[i], &fit);
		for (guint k = 0; k < fit.terms->len; k++) {
			const VmfcTerm *term = term_at(fit.terms, k);
			g_assert_cmpfloat(term->weight, >, 0);
			sums[term->feature] += term->weight;
			/* a great penalty leaves no differences */
			if (i == 2)
				g_assert_cmpfloat_with_epsilon(term->weight,
							       term_at(fit.terms, 0)->weight, 0.01);
		}
		g_test_message("%g: %g and %g of %u", fit.constant, sums[0], sums[1],
			       fit.terms->len);
		g_assert_cmpfloat_with_epsilon(fit.constant + sums[0] + sums[1], 30, 3);
		g_assert_cmpfloat_with_epsilon(sums[0], i > 0 ? sums[1] : 20, 0.1);
		if (i == 2)
			g_assert_cmpuint(fit.terms->len, ==, 10);
	}
}

/* Squared errors are relative: where rows cannot all be met, those with little power are. */
static void
test_relative(void)
{
	static const VmfcCandidate candidates[] = {{"mean", VMFC_FAMILY_MEAN, 0},
						   {"curve", VMFC_FAMILY_CURVE, 0}};
	/* the feature of the curve does not tell the rows apart */
	const gdouble x[] = {1, 5, 1, -7}, watts[] = {10, 40};
	g_autoptr(VmfcSamples) samples = samples_of(x, 2, watts, 2);
	g_autoptr(VmfcSelection) selection = select_rows(samples, -1);
	VmfcEstimator fits[2];

	g_assert_true(vmfc_candidates_fit(candidates, 2, selection, fits, NULL));
	for (guint i = 0; i < 2; i++) {
		/* weights of 1/100 and 1/1600 */
		g_assert_cmpfloat_with_epsilon(vmfc_estimator_predict(&fits[i], x),
					       (16 * 10 + 40) / 17.0, 1e-6);
		/* the ranges are those of all features, also where a fit does not use them */
		g_assert_cmpuint(fits[i].ranges->len, ==, 2);
		const VmfcFeatureRange *ranges = (const VmfcFeatureRange *)fits[i].ranges->data;
		g_assert_true(ranges[0].minimum == 1 && ranges[0].maximum == 1);
		g_assert_true(ranges[1].minimum == -7 && ranges[1].maximum == 5);
		vmfc_estimator_clear(&fits[i]);
	}
}

/* Trees are fitted to W, of which each group has the same part, whatever it has of rows. */
static void
test_trees(void)
{
	static const VmfcCandidate candidates[] = {{"trees", VMFC_FAMILY_TREES, 0},
						   {"average 0.03", VMFC_FAMILY_AVERAGE, 0.03}};
	g_autoptr(VmfcSamples) samples = vmfc_samples_new(120, 2, 2);
	VmfcEstimator fits[2];

	if (!vmfc_boosted_trees_are_available()) {
		g_test_skip("vmfc was built without XGBoost");
		return;
	}
	/* 10 rows of a group, 90 of another, and some that are not selected */
	for (guint i = 0; i < 120; i++) {
		samples->features[2 * i] = samples->features[2 * i + 1] = 1;
		samples->groups[i] = i >= 10;
		samples->labels[i] = i < 10 ? 10 : i < 100 ? 50 : 9999;
	}
	vmfc_samples_sort(samples);
	guint8 *has = g_malloc0(120);
	memset(has, TRUE, 100);
	g_autoptr(VmfcSelection) selection = vmfc_selection_new(samples, has);
	g_assert_true(vmfc_candidates_fit(candidates, 2, selection, fits, NULL));
	for (guint i = 0; i < 2; i++) {
		const gdouble x[] = {1, 1};
		g_assert_cmpfloat_with_epsilon((gdouble)fits[i].base, 30, 1e-4);
		g_assert_cmpfloat_with_epsilon((gdouble)vmfc_trees_predict(&fits[i], x), 30, 1e-3);
		vmfc_estimator_clear(&fits[i]);
	}
}

/* More work is never less power, of none of the features; a leaf has 1 % of the rows that it is
 * fitted to. */
static void
test_shape_of_trees(void)
{
	static const VmfcCandidate trees = {"trees", VMFC_FAMILY_TREES, 0};
	g_autoptr(VmfcSamples) samples = vmfc_samples_new(2000, 2, 1);
	VmfcEstimator fit;

	if (!vmfc_boosted_trees_are_available()) {
		g_test_skip("vmfc was built without XGBoost");
		return;
	}
	/* rises with the first and falls with the second; 12 rows are far off */
	for (guint i = 0; i < 2000; i++) {
		guint step = i / 100 % 10;
		gboolean is_far = i < 1000 && i % 84 == 3;
		samples->features[2 * i] = is_far ? 100 : i % 100;
		samples->features[2 * i + 1] = step;
		samples->labels[i] = i >= 1000 ? 9999 : is_far ? 650 : 50 + i % 100 - 3.0 * step;
	}
	vmfc_samples_sort(samples);
	guint8 *has = g_malloc0(2000);
	memset(has, TRUE, 1000);
	g_autoptr(VmfcSelection) selection = vmfc_selection_new(samples, has);
	g_assert_true(vmfc_candidates_fit(&trees, 1, selection, &fit, NULL));
	gdouble last = 0;
	for (guint i = 0; i <= 100; i++) {
		const gdouble low[] = {i, 0}, high[] = {i, 9};
		gdouble watts = (gdouble)vmfc_trees_predict(&fit, low);
		g_assert_cmpfloat(watts, >=, last);
		g_assert_cmpfloat((gdouble)vmfc_trees_predict(&fit, high), >=, watts);
		last = watts;
	}
	g_test_message("%g", last);
	g_assert_cmpfloat(last, >, 600);
	vmfc_estimator_clear(&fit);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/train-linear/segments", test_segments);
	g_test_add_func("/train-linear/scale", test_scale);
	g_test_add_func("/train-linear/penalty", test_penalty);
	g_test_add_func("/train-linear/relative", test_relative);
	g_test_add_func("/train-linear/trees", test_trees);
	g_test_add_func("/train-linear/shape-of-trees", test_shape_of_trees);
	return g_test_run();
}
