/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/statistics.h"

#include <math.h>
#include <string.h>

#include "tools/train/candidates.h"
#include "tools/train/figures.h"
#include "tools/train/interval.h"
#include "tools/train/samples.h"

/* As NumPy: quantile(1..n, share) is 1 + (n - 1) share. */
static void
test_quantile(void)
{
	for (guint n = 1; n < 200; n += 3) {
		g_autofree gdouble *values = g_new(gdouble, n);
		for (guint i = 0; i < n; i++)
			values[i] = 1 + (i * 7919) % n;
		/* where 7919 and n have a common divisor some are there twice, and others not */
		if (n % 7919 == 0)
			continue;
		g_assert_cmpfloat_with_epsilon(vmfc_statistics_quantile(values, n, 0.999),
					       1 + (n - 1) * 0.999, 1e-9);
		g_assert_cmpfloat_with_epsilon(vmfc_statistics_quantile(values, n, 0.25),
					       1 + (n - 1) * 0.25, 1e-9);
	}
	gdouble same[] = {4, 4, 4, 4};
	g_assert_cmpfloat(vmfc_statistics_quantile(same, 4, 0.999), ==, 4);
}

static void
test_weighted_quantile(void)
{
	const gdouble values[] = {30, 10, 20, 40};
	const gdouble weights[] = {1, 4, 4, 1};
	g_autofree guint *order = vmfc_statistics_order(values, 4);
	static const gdouble expected[][2] = {{0.1, 10}, {0.4, 10},  {0.41, 20}, {0.8, 20},
					      {0.9, 30}, {0.95, 40}, {1, 40}};

	for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
		g_assert_cmpfloat(vmfc_statistics_weighted_quantile(values, weights, order, 4,
								    expected[i][0]),
				  ==, expected[i][1]);
	g_assert_true(isnan(vmfc_statistics_weighted_quantile(values, weights, order, 0, 0.5)));
}

static void
test_correlation(void)
{
	const gdouble x[] = {1, 9, 2, 9, 4, 9};
	const gdouble y[] = {7, 5, 2};
	const gdouble still[] = {3, 3, 3};

	g_assert_cmpfloat_with_epsilon(vmfc_statistics_correlation(x, 2, y, 3),
				       -69 / sqrt(42 * 114), 1e-12);
	g_assert_true(isnan(vmfc_statistics_correlation(x, 2, still, 3)));
}

/* Every group counts the same, whatever it has of rows. */
static void
test_weights(void)
{
	g_autoptr(VmfcSamples) samples = vmfc_samples_new(5, 1, 2);
	const gdouble labels[] = {10, 10, 10, 1, 20};
	const guint groups[] = {0, 0, 0, 1, 1};
	g_autofree guint8 *has = g_malloc(5);

	for (guint i = 0; i < 5; i++) {
		samples->labels[i] = labels[i];
		samples->groups[i] = groups[i];
		has[i] = TRUE;
	}
	vmfc_samples_sort(samples);
	g_autoptr(VmfcSelection) selection = vmfc_selection_new(samples, g_steal_pointer(&has));
	g_assert_cmpint(selection->n_groups, ==, 2);
	/* 95 % of the weight is reached at 20 W alone */
	g_assert_cmpfloat_with_epsilon(vmfc_selection_find_floor(selection), 4, 1e-12);
	g_autofree gdouble *even = vmfc_selection_build_weights(selection, 0);
	g_assert_cmpfloat_with_epsilon(even[0], 1.0 / 6, 1e-12);
	g_assert_cmpfloat_with_epsilon(even[4], 1.0 / 4, 1e-12);
	g_autofree gdouble *relative = vmfc_selection_build_weights(selection, 2);
	/* the row of 1 W counts as one of 4 W */
	g_assert_cmpfloat_with_epsilon(relative[3] / relative[4], 25, 1e-9);
	g_assert_cmpfloat_with_epsilon(relative[0] / relative[4], 4 * 2.0 / 3, 1e-9);
}

/* Rows that are not selected count nowhere: not in the floor, nor in weights, means and ranges. */
static void
test_selection(void)
{
	/* the rows of group 2, and the greatest of the others, are not selected */
	const gdouble labels[] = {10, 20, 900, 1, 2, 3, 800, 0};
	const gdouble features[] = {5, 7, -99, 6, 9, 4, 99, 100};
	const guint groups[] = {0, 0, 0, 1, 1, 1, 2, 2};
	const guint8 selected[] = {1, 1, 0, 1, 1, 1, 0, 0};
	static const VmfcCandidate mean = {"mean", VMFC_FAMILY_MEAN, 0};
	g_autoptr(VmfcSamples) samples = vmfc_samples_new(8, 1, 3);
	gdouble sum = 0;
	VmfcEstimator fit;

	for (guint i = 0; i < 8; i++) {
		samples->labels[i] = labels[i];
		samples->features[i] = features[i];
		samples->groups[i] = groups[i];
	}
	vmfc_samples_sort(samples);
	g_autoptr(VmfcSelection) selection = vmfc_selection_new(samples, g_memdup2(selected, 8));
	g_assert_cmpuint(selection->n_rows, ==, 5);
	g_assert_cmpuint(selection->n_groups, ==, 2);
	g_assert_cmpfloat_with_epsilon(vmfc_selection_find_floor(selection), 4, 1e-12);
	g_autofree gdouble *weights = vmfc_selection_build_weights(selection, 2);
	for (guint i = 0; i < 8; i++) {
		/* of rows below the floor it is that of the floor */
		gdouble watts = MAX(labels[i], 4);
		gdouble expected = selected[i] ? 1 / (groups[i] == 0 ? 2.0 : 3.0) / (watts * watts)
					       : 0;
		g_assert_cmpfloat_with_epsilon(weights[i] / weights[3], expected / (1 / 3.0 / 16),
					       1e-12);
		sum += weights[i];
	}
	g_assert_cmpfloat_with_epsilon(sum, 1, 1e-12);
	g_assert_true(vmfc_candidates_fit(&mean, 1, selection, &fit, NULL));
	gdouble constant = 0;
	for (guint i = 0; i < 8; i++)
		constant += weights[i] * labels[i];
	g_assert_cmpfloat_with_epsilon(fit.constant, constant, 1e-12);
	g_assert_cmpuint(fit.ranges->len, ==, 1);
	g_assert_cmpfloat(g_array_index(fit.ranges, VmfcFeatureRange, 0).minimum, ==, 4);
	g_assert_cmpfloat(g_array_index(fit.ranges, VmfcFeatureRange, 0).maximum, ==, 9);
	vmfc_estimator_clear(&fit);
}

/* Where nearly all rows have 0 W, the greatest of them gives the floor. */
static void
test_floor_of_zeros(void)
{
	for (guint last = 0; last <= 50; last += 50) {
		g_autoptr(VmfcSamples) samples = vmfc_samples_new(101, 1, 1);
		for (guint i = 0; i < 101; i++) {
			samples->labels[i] = i == 7 ? last : i == 100 ? 999 : 0;
			samples->features[i] = i;
		}
		vmfc_samples_sort(samples);
		guint8 *has = g_malloc(101);
		memset(has, TRUE, 101);
		has[100] = FALSE;
		g_autoptr(VmfcSelection) selection = vmfc_selection_new(samples, has);
		g_assert_cmpfloat_with_epsilon(vmfc_selection_find_floor(selection), 0.2 * last,
					       1e-12);
		/* without a floor all rows count the same */
		g_autofree gdouble *weights = vmfc_selection_build_weights(selection, 2);
		g_assert_cmpfloat(weights[100], ==, 0);
		g_assert_cmpfloat_with_epsilon(weights[0] / weights[7], last == 0 ? 1 : 25, 1e-9);
	}
}

static void
test_interval(void)
{
	gdouble residuals[100];
	gdouble weights[100];

	for (guint i = 0; i < 100; i++) {
		residuals[i] = (i * 37 % 100 + 1) / 100.0;
		weights[i] = 1;
	}
	g_assert_cmpint(vmfc_interval_get_least_groups(0.9), ==, 9);
	g_assert_cmpint(vmfc_interval_get_least_groups(0.8), ==, 4);
	g_assert_cmpint(vmfc_interval_get_least_groups(0.95), ==, 19);
	/* few groups: all; eight: 0.95; many: near to the share itself */
	g_assert_cmpfloat(vmfc_interval_find_width(residuals, weights, 100, 0.9, 3), ==, 1);
	g_assert_cmpfloat(vmfc_interval_find_width(residuals, weights, 100, 0.9, 4), ==, 1);
	g_assert_cmpfloat(vmfc_interval_find_width(residuals, weights, 100, 0.9, 5), ==, 0.98);
	g_assert_cmpfloat(vmfc_interval_find_width(residuals, weights, 100, 0.9, 8), ==, 0.95);
	g_assert_cmpfloat(vmfc_interval_find_width(residuals, weights, 100, 0.9, 400), ==, 0.91);
	g_assert_cmpfloat_with_epsilon(vmfc_interval_get_residual(2, 8, 1), log(4), 1e-12);
	g_assert_cmpfloat_with_epsilon(vmfc_interval_get_residual(0, 8, 4), log(2), 1e-12);
}

static void
test_figures(void)
{
	const gdouble measured[] = {10, 20, 1, 10, 10};
	const gdouble estimated[] = {11, 18, 3, 10, 12};
	const gdouble low[] = {9, 9, 0, 10.5, 9};
	const gdouble high[] = {12, 19, 4, 11, 13};
	const gdouble seconds[] = {1, 2, 1, 1, 1};
	const gdouble utilisation[] = {1, 2, 0, 1, 1};
	const guint groups[] = {0, 0, 0, 1, 1};
	const VmfcEstimates estimates = {5,	  measured,    estimated, low, high,
					 seconds, utilisation, groups,	  2,   2};
	g_autoptr(VmfcFigureTable) table = vmfc_figure_table_new(&estimates);
	const VmfcFigures *first = &table->groups[0];
	const VmfcFigures *second = &table->groups[1];

	g_assert_cmpint(first->n_rows, ==, 3);
	g_assert_cmpfloat_with_epsilon(first->mae, 5.0 / 3, 1e-12);
	/* the row of 1 W is below the floor */
	g_assert_cmpfloat_with_epsilon(first->mape, 10, 1e-12);
	g_assert_cmpfloat_with_epsilon(first->bias, 1.0 / 3, 1e-12);
	g_assert_cmpfloat_with_epsilon(first->energy, 100 * (50.0 / 51 - 1), 1e-12);
	g_assert_cmpfloat_with_epsilon(first->idle, 2, 1e-12);
	g_assert_cmpfloat_with_epsilon(first->held, 200.0 / 3, 1e-12);
	g_assert_cmpfloat_with_epsilon(first->half_width, 20, 1e-12);
	g_assert_true(isnan(second->idle));
	g_assert_cmpfloat_with_epsilon(second->held, 50, 1e-12);
	g_assert_cmpfloat_with_epsilon(table->mean.mape, 10, 1e-12);
	g_assert_cmpfloat_with_epsilon(table->mean.idle, 2, 1e-12);
	g_assert_cmpfloat_with_epsilon(table->rows.held, 60, 1e-12);
	g_assert_cmpint(table->least_held, ==, 1);
}

/* What is at a limit belongs to it: the floor, and both ends of an interval. */
static void
test_figures_at_limits(void)
{
	static const struct {
		gdouble measured;
		gdouble estimated;
		gdouble held;
		gdouble mape; /* -1: none */
	} rows[] = {
		{2, 3, 100, 50}, /* the floor, and the low end */
		{4, 3, 100, 25}, /* the high end */
		{1.99, 3, 0, -1}, {4.01, 3, 0, 100 * 1.01 / 4.01}, {0, 0, 0, -1},
	};
	const gdouble low = 2, high = 4, utilisation = 0.5;
	const guint group = 0;

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		const VmfcEstimates estimates = {
			.n_rows = 1,
			.measured = &rows[i].measured,
			.estimated = &rows[i].estimated,
			.low = &low,
			.high = &high,
			.utilisation = &utilisation,
			.groups = &group,
			.n_groups = 1,
			.floor = rows[i].measured > 0 ? 2 : 0,
		};
		g_autoptr(VmfcFigureTable) table = vmfc_figure_table_new(&estimates);
		g_test_message("row %u", i);
		g_assert_cmpfloat(table->rows.held, ==, rows[i].held);
		if (rows[i].mape < 0)
			g_assert_true(isnan(table->rows.mape) && isnan(table->rows.half_width));
		else
			g_assert_cmpfloat_with_epsilon(table->rows.mape, rows[i].mape, 1e-9);
		g_assert_cmpfloat_with_epsilon(table->rows.bias,
					       rows[i].estimated - rows[i].measured, 1e-12);
		/* the only row is also the one with the least utilisation */
		g_assert_cmpfloat_with_epsilon(table->rows.idle, table->rows.bias, 1e-12);
	}
}

/*
 * The worst group is the one with the greatest relative error, and the least held the one with the
 * fewest rows in their interval: the first of equal ones, and never one that has none of it.
 */
static void
test_worst_groups(void)
{
	static const struct {
		gdouble measured[8]; /* W, two rows of each of four groups; all are estimated 10 */
		guint worst;
		guint least_held;
	} cases[] = {
		{{10, 11, 10, 12, 10, 10, 10, 10}, 1, 0}, {{10, 10, 10, 10, 10, 10, 10, 14}, 3, 3},
		{{15, 15, 10, 10, 10, 5, 5, 5}, 3, 0},	  {{10, 20, 20, 10, 10, 10, 10, 10}, 0, 0},
		{{1, 1, 10, 10, 10, 11, 10, 10}, 2, 0},	  {{1, 1, 1, 1, 10, 20, 20, 20}, 3, 0},
	};
	const gdouble estimated[8] = {10, 10, 10, 10, 10, 10, 10, 10};
	const gdouble low[8] = {9.5, 9.5, 9.5, 9.5, 9.5, 9.5, 9.5, 9.5};
	const gdouble high[8] = {10.5, 10.5, 10.5, 10.5, 10.5, 10.5, 10.5, 10.5};
	const guint groups[8] = {0, 0, 1, 1, 2, 2, 3, 3};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const VmfcEstimates estimates = {
			.n_rows = 8,
			.measured = cases[i].measured,
			.estimated = estimated,
			.low = low,
			.high = high,
			.utilisation = estimated,
			.groups = groups,
			.n_groups = 4,
			.floor = 2,
		};
		g_autoptr(VmfcFigureTable) table = vmfc_figure_table_new(&estimates);
		gdouble sum = 0;
		guint n = 0;
		g_test_message("case %u", i);
		g_assert_cmpuint(table->worst, ==, cases[i].worst);
		g_assert_cmpuint(table->least_held, ==, cases[i].least_held);
		for (guint group = 0; group < 4; group++) {
			if (isnan(table->groups[group].mape))
				continue;
			sum += table->groups[group].mape;
			n++;
		}
		g_assert_cmpfloat_with_epsilon(table->mean.mape, sum / n, 1e-9);
		g_assert_cmpuint(table->mean.n_rows, ==, 8);
	}
}

/* Which rows are idle is decided with each group counting the same, whatever it has of rows. */
static void
test_idle_of_groups(void)
{
	gdouble measured[20], estimated[20], utilisation[20];
	guint groups[20];

	/* the row with the least utilisation is the only one of its group: half of all weight */
	for (guint i = 0; i < 20; i++) {
		measured[i] = 10;
		estimated[i] = 10 + i;
		utilisation[i] = 0.05 * i;
		groups[i] = i > 0;
	}
	const VmfcEstimates estimates = {20,   measured,    estimated, measured, measured,
					 NULL, utilisation, groups,    2,	 1};
	g_autoptr(VmfcFigureTable) table = vmfc_figure_table_new(&estimates);
	g_assert_cmpfloat(table->rows.idle, ==, 0);
	g_assert_cmpfloat(table->groups[0].idle, ==, 0);
	g_assert_true(isnan(table->groups[1].idle));
	/* the other way round, it is a fortieth of the weight, and so are those next to it */
	for (guint i = 0; i < 20; i++)
		groups[i] = i == 19;
	g_autoptr(VmfcFigureTable) other = vmfc_figure_table_new(&estimates);
	g_assert_cmpfloat_with_epsilon(other->rows.idle, 0.5, 1e-12);
	g_assert_true(isnan(other->groups[1].idle));
}

/* A row without an interval leaves nothing to say of the share in it; the other figures stay. */
static void
test_no_interval(void)
{
	const gdouble measured[] = {10, 10, 10, 10}, estimated[] = {11, 11, 12, 12};
	const gdouble low[] = {9, NAN, 9, 9}, high[] = {12, NAN, 12, 12};
	const guint groups[] = {0, 0, 1, 1};
	const VmfcEstimates estimates = {4,    measured,  estimated, low, high,
					 NULL, estimated, groups,    2,	  1};
	g_autoptr(VmfcFigureTable) table = vmfc_figure_table_new(&estimates);

	g_assert_true(isnan(table->groups[0].held) && isnan(table->rows.held));
	g_assert_cmpfloat(table->groups[1].held, ==, 100);
	g_assert_cmpfloat(table->mean.held, ==, 100);
	g_assert_cmpuint(table->least_held, ==, 1);
	g_assert_cmpfloat_with_epsilon(table->rows.mape, 15, 1e-9);
	g_assert_cmpfloat_with_epsilon(table->rows.energy, 15, 1e-9);
}

/* Both sides of a residual are held at the floor, and it has no sign. */
static void
test_residuals(void)
{
	static const gdouble cases[][4] = {
		/* measured, estimated, floor, ratio */
		{8, 2, 1, 4},  {2, 8, 1, 4}, {8, 0, 4, 2},    {0, 8, 4, 2},
		{8, -3, 2, 4}, {1, 2, 4, 1}, {4, 5, 4, 1.25}, {5, 5, 0.1, 1},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpfloat_with_epsilon(
			vmfc_interval_get_residual(cases[i][0], cases[i][1], cases[i][2]),
			log(cases[i][3]), 1e-12);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/statistics/quantile", test_quantile);
	g_test_add_func("/statistics/weighted-quantile", test_weighted_quantile);
	g_test_add_func("/statistics/correlation", test_correlation);
	g_test_add_func("/statistics/weights", test_weights);
	g_test_add_func("/statistics/selection", test_selection);
	g_test_add_func("/statistics/floor-of-zeros", test_floor_of_zeros);
	g_test_add_func("/statistics/interval", test_interval);
	g_test_add_func("/statistics/figures", test_figures);
	g_test_add_func("/statistics/figures-at-limits", test_figures_at_limits);
	g_test_add_func("/statistics/worst-groups", test_worst_groups);
	g_test_add_func("/statistics/idle-of-groups", test_idle_of_groups);
	g_test_add_func("/statistics/no-interval", test_no_interval);
	g_test_add_func("/statistics/residuals", test_residuals);
	return g_test_run();
}
