/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Power over time, exactly at the limits of merge. */

#include "tools/merge/power-series.h"

/* A gap that is as long as the maximum is none. */
static void
test_gaps(void)
{
	for (guint i = 0; i < 2; i++) {
		VmfcPowerSeries series;
		gdouble watts;
		gdouble last = i == 0 ? 13 : 13.001;
		vmfc_power_series_init(&series, 3);
		vmfc_power_series_add_point(&series, 10, 1);
		vmfc_power_series_add_point(&series, last, 7);
		g_assert_cmpint(vmfc_power_series_average(&series, 10, 12, &watts), ==, i == 0);
		if (i == 0)
			g_assert_cmpfloat_with_epsilon(watts, 3, 1e-12);
		/* no window has no power */
		g_assert_false(vmfc_power_series_average(&series, 11, 11, &watts));
		vmfc_power_series_clear(&series);
	}
}

/* Windows that miss each other by the slack, 1 s in 100 s, meet; by more they do not. */
static void
test_slack(void)
{
	for (guint i = 0; i < 2; i++) {
		VmfcPowerSeries series;
		gdouble watts;
		vmfc_power_series_init(&series, 3);
		vmfc_power_series_add_window(&series, 100, 100, 4);
		vmfc_power_series_add_window(&series, i == 0 ? 201 : 201.5, 100, 4);
		g_assert_cmpfloat(g_array_index(series.stretches, VmfcStretch, 1).start, ==,
				  i == 0 ? 100 : 101.5);
		g_assert_true(vmfc_power_series_average(&series, 0, 200, &watts));
		g_assert_cmpfloat(watts, ==, 4);
		g_assert_cmpint(vmfc_power_series_average(&series, 100, 101.5, &watts), ==, i == 0);
		vmfc_power_series_clear(&series);
	}
}

/* A window that overlaps the one before counts from the end of that; one within it not at all. */
static void
test_overlap(void)
{
	VmfcPowerSeries series;
	gdouble watts;

	vmfc_power_series_init(&series, 3);
	vmfc_power_series_add_window(&series, 12, 2, 4);
	vmfc_power_series_add_window(&series, 13, 2, 10);
	vmfc_power_series_add_window(&series, 13, 1, 100);
	vmfc_power_series_add_window(&series, 12.5, 0.2, 100);
	g_assert_cmpuint(series.stretches->len, ==, 2);
	g_assert_true(vmfc_power_series_average(&series, 10, 13, &watts));
	g_assert_cmpfloat_with_epsilon(watts, 6, 1e-12);
	/* what ends at the time is not over before it */
	vmfc_power_series_drop(&series, 12);
	g_assert_cmpuint(series.first, ==, 0);
	vmfc_power_series_drop(&series, 12.001);
	g_assert_cmpuint(series.first, ==, 1);
	vmfc_power_series_clear(&series);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/merge-power-series/gaps", test_gaps);
	g_test_add_func("/merge-power-series/slack", test_slack);
	g_test_add_func("/merge-power-series/overlap", test_overlap);
	return g_test_run();
}
