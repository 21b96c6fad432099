/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "model/predict.h"

#include <malloc.h>
#include <math.h>

#include "model/feature.h"

static gboolean
has_each_column(G_GNUC_UNUSED const gchar *name, G_GNUC_UNUSED gpointer data)
{
	return TRUE;
}

/* ---------------------------------------------------------------- terms */

static gdouble
evaluate(VmfcTermKind kind, gdouble from, gdouble to, gboolean is_open, gdouble x)
{
	VmfcTerm term = {
		.kind = kind, .scale = 4, .from = from, .to = to, .is_open = is_open, .weight = 7};
	return vmfc_term_evaluate(&term, x);
}

static void
test_terms(void)
{
	g_assert_cmpfloat(evaluate(VMFC_TERM_LINEAR, 0, 0, FALSE, 2), ==, 0.5);
	g_assert_cmpfloat(evaluate(VMFC_TERM_LINEAR, 0, 0, FALSE, -2), ==, 0);
	g_assert_cmpfloat(evaluate(VMFC_TERM_SQUARE, 0, 0, FALSE, 2), ==, 0.25);
	g_assert_cmpfloat(evaluate(VMFC_TERM_ROOT, 0, 0, FALSE, 1), ==, 0.5);
	g_assert_cmpfloat(evaluate(VMFC_TERM_LIMIT, 0, 0.5, FALSE, 1), ==, 0.5);
	g_assert_cmpfloat(evaluate(VMFC_TERM_LIMIT, 0, 0.5, FALSE, 3), ==, 1);
	g_assert_cmpfloat(evaluate(VMFC_TERM_SEGMENT, 0.5, 0.75, FALSE, 1), ==, 0);
	g_assert_cmpfloat(evaluate(VMFC_TERM_SEGMENT, 0.5, 0.75, FALSE, 2.5), ==, 0.5);
	g_assert_cmpfloat(evaluate(VMFC_TERM_SEGMENT, 0.5, 0.75, FALSE, 8), ==, 1);
	g_assert_cmpfloat(evaluate(VMFC_TERM_SEGMENT, 0.5, 0.75, TRUE, 4), ==, 2);
}

/* ---------------------------------------------------------------- models */

/* x[0] < 1.5: 10, else 30; missing: 30 */
static void
add_stump(VmfcEstimator *estimator)
{
	guint root = estimator->nodes->len;
	const VmfcTreeNode nodes[] = {
		{.feature = 0, .value = 1.5F, .left = 1, .right = 2},
		{.feature = -1, .value = 10},
		{.feature = -1, .value = 30},
	};
	g_array_append_vals(estimator->nodes, nodes, G_N_ELEMENTS(nodes));
	g_array_append_val(estimator->trees, root);
}

/* 20 + 40 z with z = x / 4; range 1 to 3 */
static void
init_sub_model(VmfcSubModel *sub_model, VmfcFamily family)
{
	const VmfcFeatureRange range = {1, 3};
	const VmfcTerm term = {.kind = VMFC_TERM_LINEAR, .scale = 4, .weight = 40};

	*sub_model = (VmfcSubModel){.interval = {.share = 0.9, .factor = 2, .floor = 5}};
	sub_model->features = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_feature_free);
	g_ptr_array_add(sub_model->features, vmfc_feature_new("busy", "CPUs", VMFC_FEATURE_CPUS));
	vmfc_estimator_init(&sub_model->estimator, family);
	g_array_append_val(sub_model->estimator.ranges, range);
	if (sub_model->estimator.terms != NULL) {
		sub_model->estimator.constant = 20;
		g_array_append_val(sub_model->estimator.terms, term);
	}
	if (sub_model->estimator.trees != NULL) {
		sub_model->estimator.base = 2;
		add_stump(&sub_model->estimator);
	}
}

static void
clear_sub_model(VmfcSubModel *sub_model)
{
	g_ptr_array_unref(sub_model->features);
	vmfc_estimator_clear(&sub_model->estimator);
}

static void
test_families(void)
{
	static const struct {
		VmfcFamily family;
		gdouble x;
		gdouble watts;
	} rows[] = {
		{VMFC_FAMILY_LINEAR, 2, 40},
		{VMFC_FAMILY_TREES, 1, 12},
		{VMFC_FAMILY_TREES, 1.5, 32},
		/* the next double below 1.5 is 1.5 as a float */
		{VMFC_FAMILY_TREES, 1.4999999999999998, 32},
		{VMFC_FAMILY_TREES, 100, 32},
		{VMFC_FAMILY_AVERAGE, 2, (40 + 32) / 2.0},
		/* beyond the range as the terms do */
		{VMFC_FAMILY_AVERAGE, 5, (50 + 32) / 2.0 + 20},
		{VMFC_FAMILY_AVERAGE, 0, (30 + 12) / 2.0 - 10},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		VmfcSubModel sub_model;
		VmfcEstimate estimate;
		init_sub_model(&sub_model, rows[i].family);
		g_assert_true(vmfc_sub_model_estimate(&sub_model, &rows[i].x, &estimate));
		g_assert_cmpfloat(estimate.watts, ==, rows[i].watts);
		clear_sub_model(&sub_model);
	}
}

/* A missing value goes where the node says, and makes an estimate missing. */
static void
test_missing(void)
{
	VmfcSubModel sub_model;
	VmfcEstimate estimate;
	gdouble x = NAN;

	init_sub_model(&sub_model, VMFC_FAMILY_TREES);
	g_assert_cmpfloat(vmfc_trees_predict(&sub_model.estimator, &x), ==, 32);
	g_array_index(sub_model.estimator.nodes, VmfcTreeNode, 0).is_missing_left = TRUE;
	g_assert_cmpfloat(vmfc_trees_predict(&sub_model.estimator, &x), ==, 12);
	g_assert_false(vmfc_sub_model_estimate(&sub_model, &x, &estimate));
	clear_sub_model(&sub_model);
}

/* Power is not negative, and where a model leaves the range of numbers it has no estimate. */
static void
test_bounds(void)
{
	VmfcSubModel sub_model;
	VmfcEstimate estimate;
	gdouble x = 2;

	init_sub_model(&sub_model, VMFC_FAMILY_LINEAR);
	sub_model.estimator.constant = -100;
	g_assert_true(vmfc_sub_model_estimate(&sub_model, &x, &estimate));
	g_assert_cmpfloat(estimate.watts, ==, 0);
	g_array_index(sub_model.estimator.terms, VmfcTerm, 0).weight = 1e308;
	x = 1e10;
	g_assert_false(vmfc_sub_model_estimate(&sub_model, &x, &estimate));
	/* infinite less infinite */
	sub_model.estimator.constant = -1e308;
	g_array_index(sub_model.estimator.terms, VmfcTerm, 0).scale = 1e-300;
	g_array_index(sub_model.estimator.terms, VmfcTerm, 0).weight = 0;
	g_assert_false(vmfc_sub_model_estimate(&sub_model, &x, &estimate));
	clear_sub_model(&sub_model);
}

static void
test_interval(void)
{
	static const VmfcInterval interval = {.factor = 2, .floor = 5};
	static const VmfcInterval none = {.factor = NAN, .floor = 5};
	static const struct {
		gdouble watts;
		gdouble low;
		gdouble high;
	} rows[] = {{40, 20, 80}, {10.5, 5.25, 21}, {10, 0, 20}, {1, 0, 10}};
	gdouble low;
	gdouble high;

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		vmfc_interval_find(&interval, rows[i].watts, &low, &high);
		g_assert_cmpfloat_with_epsilon(low, rows[i].low, 1e-12);
		g_assert_cmpfloat_with_epsilon(high, rows[i].high, 1e-12);
	}
	vmfc_interval_find(&none, 40, &low, &high);
	g_assert_true(isnan(low) && isnan(high));
}

static void
test_range(void)
{
	static const struct {
		gdouble x;
		gboolean is_in_range;
	} rows[] = {{1, TRUE}, {3, TRUE}, {0.91, TRUE}, {3.09, TRUE}, {0.89, FALSE}, {3.11, FALSE}};
	VmfcSubModel sub_model;
	VmfcEstimate estimate;

	init_sub_model(&sub_model, VMFC_FAMILY_LINEAR);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_assert_true(vmfc_sub_model_estimate(&sub_model, &rows[i].x, &estimate));
		g_assert_true(estimate.is_range_known);
		g_assert_cmpint(estimate.is_in_range, ==, rows[i].is_in_range);
	}
	g_array_index(sub_model.estimator.ranges, VmfcFeatureRange, 0) = (VmfcFeatureRange){NAN,
											    NAN};
	g_assert_true(vmfc_sub_model_estimate(&sub_model, &rows[0].x, &estimate));
	g_assert_false(estimate.is_range_known);
	g_assert_true(estimate.is_in_range); /* no range says otherwise */
	clear_sub_model(&sub_model);
}

static void
test_margin(void)
{
	VmfcSubModel sub_model;
	const gdouble near[] = {3.3, 0.7}, far[] = {3.5, 0.5};

	init_sub_model(&sub_model, VMFC_FAMILY_LINEAR);
	for (guint i = 0; i < G_N_ELEMENTS(near); i++) {
		g_assert_true(vmfc_estimator_is_within(&sub_model.estimator, &near[i], 0.2));
		g_assert_false(vmfc_estimator_is_within(&sub_model.estimator, &near[i], 0.1));
		g_assert_false(vmfc_estimator_is_within(&sub_model.estimator, &far[i], 0.2));
	}
	clear_sub_model(&sub_model);
}

/* What counts for one feature counts for each, wherever it is. */
static void
test_two_features(void)
{
	const VmfcFeatureRange range = {10, 20}, unknown = {NAN, NAN};
	const VmfcTerm term = {.feature = 1, .kind = VMFC_TERM_LINEAR, .scale = 1, .weight = 1};
	static const struct {
		gdouble x[2];
		gboolean is_estimated;
		gboolean is_in_range;
	} rows[] = {
		{{2, 15}, TRUE, TRUE},	  {{2, 20.5}, TRUE, TRUE},  {{2, 20.6}, TRUE, FALSE},
		{{2, 9.4}, TRUE, FALSE},  {{0.8, 15}, TRUE, FALSE}, {{NAN, 15}, FALSE, FALSE},
		{{2, NAN}, FALSE, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		for (guint at = 0; at < 3; at++) {
			VmfcSubModel sub_model;
			VmfcEstimate estimate;
			init_sub_model(&sub_model, VMFC_FAMILY_AVERAGE);
			g_ptr_array_add(sub_model.features,
					vmfc_feature_new("more", NULL, VMFC_FEATURE_SHARE));
			g_array_append_val(sub_model.estimator.ranges, range);
			g_array_append_val(sub_model.estimator.terms, term);
			if (at < 2)
				g_array_index(sub_model.estimator.ranges, VmfcFeatureRange,
					      at) = unknown;
			gboolean is_good = vmfc_sub_model_estimate(&sub_model, rows[i].x,
								   &estimate);
			g_assert_cmpint(is_good, ==, rows[i].is_estimated);
			if (is_good)
				g_assert_cmpint(estimate.is_range_known, ==, at == 2);
			if (is_good && at == 2)
				g_assert_cmpint(estimate.is_in_range, ==, rows[i].is_in_range);
			g_assert_false(vmfc_sub_model_fits_machine(&sub_model, 4, 8));
			clear_sub_model(&sub_model);
		}
	}
}

/* Each feature is held in its own range where trees are asked, and not where terms are. */
static void
test_average_of_two(void)
{
	const VmfcFeatureRange range = {10, 20};
	const VmfcTerm term = {.feature = 1, .kind = VMFC_TERM_LINEAR, .scale = 1, .weight = 1};
	static const struct {
		gdouble x[2];
		gdouble watts; /* 20 + 10 x + y, or 12 up to an x of 1.5, else 32 */
	} rows[] = {
		{{2, 15}, (55 + 32) / 2.0},	    {{1, 20}, (50 + 12) / 2.0},
		{{2, 30}, (60 + 32) / 2.0 + 10},    {{2, 5}, (50 + 32) / 2.0 - 5},
		{{5, 5}, (60 + 32) / 2.0 + 20 - 5}, {{0, 25}, (50 + 12) / 2.0 - 10 + 5},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		VmfcSubModel sub_model;
		init_sub_model(&sub_model, VMFC_FAMILY_AVERAGE);
		g_array_append_val(sub_model.estimator.ranges, range);
		g_array_append_val(sub_model.estimator.terms, term);
		g_assert_cmpfloat_with_epsilon(
			vmfc_estimator_predict(&sub_model.estimator, rows[i].x), rows[i].watts,
			1e-9);
		clear_sub_model(&sub_model);
	}
}

/* An estimate whose interval leaves the range of numbers is none. */
static void
test_infinite_interval(void)
{
	VmfcSubModel sub_model;
	VmfcEstimate estimate;
	const gdouble x = 4;

	init_sub_model(&sub_model, VMFC_FAMILY_LINEAR);
	sub_model.estimator.constant = 0;
	g_array_index(sub_model.estimator.terms, VmfcTerm, 0).weight = 0.5e308;
	g_assert_true(vmfc_sub_model_estimate(&sub_model, &x, &estimate));
	g_assert_cmpfloat(estimate.high, ==, 1e308);
	g_array_index(sub_model.estimator.terms, VmfcTerm, 0).weight = 1e308;
	g_assert_false(vmfc_sub_model_estimate(&sub_model, &x, &estimate));
	/* a model without an interval has an estimate */
	vmfc_interval_set_width(&sub_model.interval, NAN);
	g_assert_true(vmfc_sub_model_estimate(&sub_model, &x, &estimate));
	g_assert_cmpfloat(estimate.watts, ==, 1e308);
	g_assert_true(isnan(estimate.high));
	vmfc_interval_set_width(&sub_model.interval, 0);
	g_assert_true(vmfc_sub_model_estimate(&sub_model, &x, &estimate));
	g_assert_cmpfloat(estimate.high, ==, 1e308);
	clear_sub_model(&sub_model);
}

/* Shares are of a machine, CPUs are of any. */
static void
test_machine(void)
{
	VmfcSubModel sub_model;
	VmfcFeature *busy;

	init_sub_model(&sub_model, VMFC_FAMILY_LINEAR);
	busy = g_ptr_array_index(sub_model.features, 0);
	g_assert_true(vmfc_sub_model_fits_machine(&sub_model, 4, 8));
	busy->form = VMFC_FEATURE_SHARE;
	g_assert_false(vmfc_sub_model_fits_machine(&sub_model, 4, 8));
	g_assert_true(vmfc_sub_model_fits_machine(&sub_model, 4, 4));
	g_assert_true(vmfc_sub_model_fits_machine(&sub_model, 0, 8));
	g_assert_true(vmfc_sub_model_fits_machine(&sub_model, 4, 0));
	clear_sub_model(&sub_model);
}

/* It runs in each tick. Sanitizers have an allocator of their own, of which this says nothing. */
static void
test_allocations(void)
{
	VmfcSubModel sub_model;
	VmfcEstimate estimate;
	const gdouble values[] = {30, 10, 4};
	gdouble x;

	init_sub_model(&sub_model, VMFC_FAMILY_AVERAGE);
	VmfcFeature *busy = g_ptr_array_index(sub_model.features, 0);
	g_strfreev(busy->columns);
	busy->columns = g_strsplit("cpu_user_time cpu_system_time", " ", 0);
	g_autoptr(VmfcFeatureInputs) inputs = vmfc_feature_inputs_new(sub_model.features,
								      has_each_column, NULL, NULL);
	struct mallinfo2 before = mallinfo2();
	for (guint i = 0; i < 1000; i++) {
		vmfc_feature_inputs_form(inputs, values, &x);
		g_assert_true(vmfc_sub_model_estimate(&sub_model, &x, &estimate));
	}
	struct mallinfo2 after = mallinfo2();
	g_assert_cmpuint(after.uordblks, ==, before.uordblks);
	g_assert_cmpuint(after.hblkhd, ==, before.hblkhd);
	g_assert_cmpfloat(x, ==, 1.6);
	clear_sub_model(&sub_model);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/predict/terms", test_terms);
	g_test_add_func("/predict/families", test_families);
	g_test_add_func("/predict/missing", test_missing);
	g_test_add_func("/predict/bounds", test_bounds);
	g_test_add_func("/predict/interval", test_interval);
	g_test_add_func("/predict/range", test_range);
	g_test_add_func("/predict/margin", test_margin);
	g_test_add_func("/predict/two-features", test_two_features);
	g_test_add_func("/predict/average-of-two", test_average_of_two);
	g_test_add_func("/predict/infinite-interval", test_infinite_interval);
	g_test_add_func("/predict/machine", test_machine);
	g_test_add_func("/predict/allocations", test_allocations);
	return g_test_run();
}
