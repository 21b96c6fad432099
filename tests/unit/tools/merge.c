/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <math.h>
#include <string.h>

#include "tables.h"
#include "tools/merge/lag.h"
#include "tools/merge/power-choice.h"
#include "tools/merge/power-label.h"
#include "tools/merge/split.h"

/* ------------------------------------------------------------------ series */

static void
test_points(void)
{
	VmfcPowerSeries series;
	gdouble watts;

	vmfc_power_series_init(&series, 3);
	vmfc_power_series_add_point(&series, 10, 1);
	vmfc_power_series_add_point(&series, 12, 3);
	vmfc_power_series_add_point(&series, 13, 3);
	vmfc_power_series_add_point(&series, 20, 5); /* too far for a line */
	vmfc_power_series_add_point(&series, 21, 7);
	g_assert_true(vmfc_power_series_average(&series, 10, 12, &watts));
	g_assert_cmpfloat_with_epsilon(watts, 2, 1e-12);
	g_assert_true(vmfc_power_series_average(&series, 11, 13, &watts));
	g_assert_cmpfloat_with_epsilon(watts, (2.5 + 3) / 2, 1e-12);
	g_assert_true(vmfc_power_series_average(&series, 20.25, 20.75, &watts));
	g_assert_cmpfloat_with_epsilon(watts, 6, 1e-12);
	g_assert_false(vmfc_power_series_average(&series, 9, 11, &watts));
	g_assert_false(vmfc_power_series_average(&series, 12.5, 13.5, &watts));
	g_assert_false(vmfc_power_series_average(&series, 14, 15, &watts));
	vmfc_power_series_drop(&series, 20.5);
	g_assert_false(vmfc_power_series_average(&series, 10, 12, &watts));
	g_assert_true(vmfc_power_series_average(&series, 20.25, 20.75, &watts));
	vmfc_power_series_clear(&series);
}

/* Windows that are stamped a little early or late still join; a part of a window counts as a part.
 */
static void
test_windows(void)
{
	VmfcPowerSeries series;
	gdouble watts;

	vmfc_power_series_init(&series, 3);
	vmfc_power_series_add_window(&series, 11, 1, 2);
	vmfc_power_series_add_window(&series, 12.004, 1, 4);
	vmfc_power_series_add_window(&series, 13, 1, 6);
	vmfc_power_series_add_window(&series, 14.5, 1, 8);
	g_assert_true(vmfc_power_series_average(&series, 10, 13, &watts));
	g_assert_cmpfloat_with_epsilon(watts, (2 + 4 * 1.004 + 6 * 0.996) / 3, 1e-12);
	g_assert_true(vmfc_power_series_average(&series, 10.5, 11.5, &watts));
	g_assert_cmpfloat_with_epsilon(watts, 3, 1e-12);
	g_assert_true(vmfc_power_series_average(&series, 9.995, 11, &watts)); /* within the slack */
	g_assert_false(vmfc_power_series_average(&series, 9.9, 11, &watts));
	g_assert_false(vmfc_power_series_average(&series, 12.5, 14, &watts));
	vmfc_power_series_clear(&series);
}

/* By how much windows may miss each other: 1 %, but at least 1 ms and at most 10 %. */
static void
test_slack(void)
{
	static const struct {
		gdouble length;
		gdouble slack;
	} cases[] = {{0.002, 0.0002}, {0.01, 0.001}, {0.05, 0.001}, {0.5, 0.005}, {10, 0.1}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gdouble length = cases[i].length;
		g_assert_cmpfloat_with_epsilon(vmfc_power_series_get_slack(length), cases[i].slack,
					       1e-12);
		for (guint j = 0; j < 2; j++) {
			VmfcPowerSeries series;
			gdouble watts;
			gdouble gap = cases[i].slack * (j == 0 ? 0.99 : 1.01);
			vmfc_power_series_init(&series, 3);
			vmfc_power_series_add_window(&series, length, length, 2);
			vmfc_power_series_add_window(&series, 2 * length + gap, length, 4);
			/* a window that is not joined leaves a part unknown, of half a window */
			g_assert_cmpint(vmfc_power_series_average(&series, length * 0.9,
								  length * 1.1, &watts),
					==, j == 0);
			/* what is not covered at the start of a window */
			g_assert_cmpint(
				vmfc_power_series_average(&series, -gap, length - gap, &watts), ==,
				j == 0);
			vmfc_power_series_clear(&series);
		}
	}
}

/* What is over is dropped, now and then, and nothing else. */
static void
test_long_series(void)
{
	VmfcPowerSeries series;
	gdouble watts;
	gdouble sum;

	vmfc_power_series_init(&series, 3);
	for (guint i = 0; i < 3000; i++) {
		vmfc_power_series_add_point(&series, i, i % 7);
		if (i < 10)
			continue;
		/* in the stretch that the average begins with */
		vmfc_power_series_drop(&series, i - 4.5);
		g_assert_true(vmfc_power_series_average(&series, i - 5, i, &watts));
		sum = ((i - 5) % 7 + i % 7) / 2.0;
		for (guint j = i - 4; j < i; j++)
			sum += j % 7;
		g_assert_cmpfloat_with_epsilon(watts, sum / 5, 1e-9);
		g_assert_cmpuint(series.stretches->len, <, 600);
		g_assert_cmpfloat(vmfc_power_series_get_end(&series), ==, i);
	}
	vmfc_power_series_clear(&series);
	vmfc_power_series_init(&series, 3);
	g_assert_true(isinf(vmfc_power_series_get_end(&series)));
	vmfc_power_series_clear(&series);
}

/* --------------------------------------------------------------------- lag */

/* A load that jumps, the same in each call. */
static gdouble
load_at(gdouble time)
{
	g_autoptr(GRand) random = g_rand_new_with_seed((guint32)(gint64)floor(time / 6));
	return g_rand_double_range(random, 0, 100);
}

static void
estimate(VmfcLag *lag, gdouble truth, gboolean is_flat)
{
	g_autoptr(GArray) loads = g_array_new(FALSE, FALSE, sizeof(VmfcLoad));
	VmfcPowerSeries series;

	vmfc_power_series_init(&series, 3);
	for (gint i = 1; i < 300; i++) {
		const VmfcLoad load = {1000 + i, 1001 + i, is_flat ? 50 : load_at(1000.5 + i)};
		g_array_append_val(loads, load);
		vmfc_power_series_add_point(&series, 1000.5 + i,
					    1 + load_at(1000.5 + i - truth) / 50);
	}
	vmfc_lag_estimate(lag, loads, &series, NULL, 60);
	vmfc_power_series_clear(&series);
}

static void
test_lag(void)
{
	static const gdouble lags[] = {0, 3.5, -4, 12.25, -31};

	for (guint i = 0; i < G_N_ELEMENTS(lags); i++) {
		VmfcLag lag;
		estimate(&lag, lags[i], FALSE);
		g_assert_true(lag.is_found);
		g_assert_cmpfloat_with_epsilon(lag.seconds, lags[i], 0.51);
		g_assert_cmpfloat(lag.correlation, >, 0.9);
		vmfc_lag_clear(&lag);
	}
}

/* Where several lags fit equally well, as with short windows in long ones, it is the middle. */
static void
test_flat_lag(void)
{
	g_autoptr(GArray) loads = g_array_new(FALSE, FALSE, sizeof(VmfcLoad));
	VmfcPowerSeries series;
	VmfcLag lag;

	vmfc_power_series_init(&series, 3);
	for (gint i = 0; i < 100; i++) {
		const VmfcLoad load = {1000 + i, 1000.5 + i, load_at(6 * i)};
		g_array_append_val(loads, load);
		vmfc_power_series_add_window(&series, 1001 + i, 1, 1 + load_at(6 * i) / 50);
	}
	vmfc_lag_estimate(&lag, loads, &series, NULL, 5);
	g_assert_true(lag.is_found);
	/* from 0 to 0.5 s; the search around one of the best sees a part of that */
	g_assert_cmpfloat(lag.seconds, >, 0.1);
	g_assert_cmpfloat(lag.seconds, <, 0.4);
	vmfc_lag_clear(&lag);
	vmfc_power_series_clear(&series);
}

static void
test_no_lag(void)
{
	VmfcLag lag;

	estimate(&lag, 0, TRUE);
	g_assert_false(lag.is_found);
	g_assert_nonnull(strstr(lag.reason, "does not vary"));
	vmfc_lag_clear(&lag);
	/* a day away is as good as another run */
	estimate(&lag, 86400, FALSE);
	g_assert_false(lag.is_found);
	vmfc_lag_clear(&lag);
}

/* ------------------------------------------------------------------ labels */

static void
init_power(VmfcPower *power, VmfcTable *table)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(vmfc_row_clock_init(&power->clock, table, &error));
	g_assert_true(vmfc_power_open(power, table, -1, 0, &error));
}

static void
ask(VmfcPower *power, gdouble start, gdouble end, VmfcPowerLabel *label)
{
	const VmfcWindow window = {2e9 + start, 2e9 + end, FALSE};
	g_assert_true(vmfc_power_label_find(label, power, &window, 0.2, NULL));
}

/*
 * The best source of each zone, but none of another origin; a missing value is none, and what is
 * not covered has no label.
 */
static void
test_energy_label(void)
{
	g_autoptr(VmfcTable) table = table_of(
		"timestamp,time_delta_seconds,vm_cpu_watts_core,vm_cpu_joules_package,"
		"vm_cpu_joules_core,kepler_vm_cpu_watts_dram\n"
		"2000000001,0.5,3,1,,\n2000000001.5,0.5,4,2,,0.5\n2000000002,0.5,,3,,0.7\n");
	VmfcPower power = {0};
	VmfcPowerLabel label;

	init_power(&power, table);
	ask(&power, 0.5, 1.5, &label);
	g_assert_cmpint(label.method, ==, VMFC_POWER_LABEL_ENERGY);
	g_assert_cmpfloat_with_epsilon(label.watts[0], 3, 1e-9);
	g_assert_cmpfloat_with_epsilon(label.watts[1], 3.5, 1e-9);
	g_assert_true(isnan(label.watts[2]));
	g_assert_true(isnan(label.watts[3]));
	g_assert_cmpfloat(label.time_diff, ==, 0);
	ask(&power, 1, 2, &label);
	g_assert_cmpfloat_with_epsilon(label.watts[0], 5, 1e-9);
	g_assert_true(isnan(label.watts[1]));
	ask(&power, 1.9, 2.9, &label);
	g_assert_cmpint(label.method, ==, VMFC_POWER_LABEL_NONE);
	vmfc_power_clear(&power);

	g_autoptr(VmfcTable) points = table_of(
		"timestamp,vm_cpu_joules_core,kepler_vm_cpu_watts_dram\n"
		"2000000001,,\n2000000001.5,,0.5\n2000000002,,0.7\n");
	init_power(&power, points);
	ask(&power, 0.5, 1.5, &label);
	g_assert_cmpint(label.method, ==, VMFC_POWER_LABEL_NEAREST);
	g_assert_cmpfloat_with_epsilon(label.watts[2], 0.5, 1e-9);
	vmfc_power_clear(&power);
}

/* Repeated values make a label stale when its window has no other value.
 */
static void
test_stale_label(void)
{
	g_autoptr(VmfcTable) table = table_of("timestamp,total_cpu_watts_package\n"
					      "2000000001,1\n2000000002,1\n2000000003,1\n"
					      "2000000004,2\n2000000005,2\n2000000004,9\n"
					      "2000000005,9\n2000000006,2\n");
	static const struct {
		gdouble start;
		gdouble end;
		gboolean is_stale;
	} windows[] = {{1.2, 2.2, TRUE},  {1.5, 3.5, TRUE},  {2.5, 2.8, TRUE}, {3.2, 4.2, FALSE},
		       {3.2, 3.8, FALSE}, {3.5, 5.1, FALSE}, {4.2, 5.2, TRUE}};
	VmfcPower power = {0};
	VmfcPowerLabel label;

	init_power(&power, table);
	for (guint i = 0; i < G_N_ELEMENTS(windows); i++) {
		ask(&power, windows[i].start, windows[i].end, &label);
		g_assert_cmpint(label.method, ==, VMFC_POWER_LABEL_POINTS);
		g_assert_cmpint(label.is_stale, ==, windows[i].is_stale);
	}
	ask(&power, 7, 7, &label);
	g_assert_cmpint(label.method, ==, VMFC_POWER_LABEL_NONE);
	g_assert_cmpuint(power.n_repeated, ==, 4);
	g_assert_cmpuint(power.n_unordered, ==, 1);
	g_assert_cmpuint(power.n_same_time, ==, 1);
	vmfc_power_clear(&power);
}

/* Where Kepler says how old its values are, the same value again may be a new one. */
static void
test_age(void)
{
	g_autoptr(VmfcTable) table = table_of(
		"timestamp,kepler_vm_cpu_watts_package,kepler_vm_age_seconds\n"
		"2000000001,1,0.2\n2000000002,1,1.2\n2000000003,1,0.25\n"
		"2000000004,1,0.3\n2000000005,1,1.3\n2000000006,,\n2000000007,1,\n");
	VmfcPower power = {0};
	VmfcPowerLabel label;

	init_power(&power, table);
	ask(&power, 1.5, 2.5, &label);
	g_assert_true(label.is_stale);
	ask(&power, 2.5, 3.5, &label);
	g_assert_false(label.is_stale);
	/* the row without power is not a power value */
	ask(&power, 5, 5.9, &label);
	g_assert_cmpfloat_with_epsilon(label.time_diff, 0.9, 1e-6);
	ask(&power, 9, 9, &label);
	g_assert_cmpuint(power.n_repeated, ==, 3);
	g_assert_cmpuint(power.n_no_value, ==, 1);
	vmfc_power_clear(&power);
}

/* A zone whose only value is the last one of a long file is found, whatever the zone. */
static void
test_late_value(void)
{
	for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
		g_autoptr(GString) text = g_string_new("timestamp");
		VmfcPower power = {0};
		for (guint i = 0; i < VMFC_N_ZONES; i++)
			g_string_append_printf(text, ",total_cpu_watts_%s", vmfc_zone_get_name(i));
		for (guint i = 0; i < 5000; i++) {
			g_string_append_printf(text, "\n%u", 2000000000 + i);
			for (guint j = 0; j < VMFC_N_ZONES; j++)
				g_string_append(text, i == 4999 && j == zone ? ",3" : ",");
		}
		g_string_append_c(text, '\n');
		g_autoptr(VmfcTable) table = table_of(text->str);
		init_power(&power, table);
		for (guint i = 0; i < VMFC_N_ZONES; i++)
			g_assert_cmpint(power.zones[i].column >= 0, ==, i == zone);
		g_assert_cmpfloat(power.step, ==, 1);
		g_assert_cmpfloat(power.max_gap, ==, 3);
		vmfc_power_clear(&power);
	}
}

#define N_ROWS 150000

/* A window with more rows of power than fit, as after a suspend, does not grow without limit. */
static void
test_long_window(void)
{
	g_autoptr(GString) text = g_string_new("timestamp,total_cpu_watts_package\n");
	VmfcPower power = {0};
	VmfcPowerLabel label;

	for (guint i = 0; i < N_ROWS; i++)
		g_string_append_printf(text, "%u.%03u,%u\n", 2000000000 + i / 1000, i % 1000,
				       1 + i % 5);
	g_autoptr(VmfcTable) table = table_of(text->str);
	init_power(&power, table);
	ask(&power, 0.0005, 0.9995, &label);
	g_assert_cmpint(label.method, ==, VMFC_POWER_LABEL_POINTS);
	ask(&power, 1, 2, &label);
	g_assert_cmpint(label.method, ==, VMFC_POWER_LABEL_POINTS);
	g_assert_cmpfloat_with_epsilon(label.watts[0], 3, 0.01);
	g_assert_cmpuint(power.rows->len, <, 5000);
	ask(&power, 2, 142, &label);
	g_assert_cmpint(label.method, ==, VMFC_POWER_LABEL_NEAREST);
	g_assert_cmpuint(power.rows->len - power.first_row, <=, 65536);
	g_assert_cmpuint(power.rows->len - power.first_row, >, 16384);
	g_assert_cmpuint(power.rows->len, <, 2 * 65536);
	ask(&power, 142, 143, &label);
	g_assert_cmpint(label.method, ==, VMFC_POWER_LABEL_POINTS);
	g_assert_cmpfloat_with_epsilon(label.watts[0], 3, 0.01);
	/* most of the 60 s that fit */
	ask(&power, 143, 149.9, &label);
	g_assert_cmpint(label.method, ==, VMFC_POWER_LABEL_POINTS);
	g_assert_cmpuint(power.rows->len - power.first_row, <, 7000);
	vmfc_power_clear(&power);
}

/* ------------------------------------------------------------------- split */

/*
 * Splits runs of 300 rows each, and looks whether the rows of one group are on one side only.
 *
 * @get_group: the group of a row of a run
 */
static void
check_split(const GPtrArray *pairs, gdouble share, guint32 seed, guint (*get_group)(guint, guint))
{
	VmfcSplit split = {0};
	VmfcPart parts[40] = {0};

	g_assert_true(vmfc_split_init(&split, pairs, share, seed, NULL));
	for (guint run = 0; run < pairs->len; run++) {
		const VmfcPair *pair = pairs->pdata[run];
		const VmfcTableRow *row;
		g_assert_true(vmfc_table_reader_rewind(pair->features, NULL));
		for (guint i = 0; i < 300; i++) {
			g_assert_true(vmfc_table_reader_next(pair->features, &row, NULL));
			VmfcPart part = vmfc_split_choose(&split, run, row, 2e9 + i);
			VmfcPart *before = &parts[get_group(run, i)];
			g_assert_true(*before == 0 || *before == part);
			*before = part;
		}
	}
	g_assert_cmpuint(split.n_rows[VMFC_PART_TRAIN], >, 0);
	g_assert_cmpuint(split.n_rows[VMFC_PART_TEST], >, 0);
	vmfc_split_clear(&split);
}

static guint
get_phase(G_GNUC_UNUSED guint run, guint i)
{
	return i / 7 % 10;
}

/* Each phase is on one side only, in all runs, whatever the share and the seed. */
static void
test_split(void)
{
	g_autoptr(GString) one = g_string_new("timestamp,stress_workload,stress_phase\n");
	g_autoptr(GString) other = g_string_new("stress_phase,timestamp,stress_workload\n");
	g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_pair_free);

	for (guint i = 0; i < 300; i++) {
		g_string_append_printf(one, "%u,w,load=%u\n", 2000000000 + i, get_phase(0, i));
		g_string_append_printf(other, "load=%u,%u,w\n", get_phase(1, i), 2000000000 + i);
	}
	for (guint n_runs = 1; n_runs <= 2; n_runs++) {
		g_ptr_array_add(pairs, pair_of(n_runs == 1 ? one->str : other->str, n_runs - 1));
		for (guint32 seed = 0; seed < 20; seed++) {
			for (gdouble share = 0.01; share < 1; share += 0.11)
				check_split(pairs, share, seed, get_phase);
		}
	}
}

/* 299 s between the first row and the last: the stretch of a row is known. */
static guint
get_stretch(guint run, guint i)
{
	return run * 20 + MIN((guint)(i / (299 / 20.0)), 19);
}

/* Runs without phases are cut each for itself, also those of the same time. */
static void
test_split_by_time(void)
{
	g_autoptr(GString) text = g_string_new("timestamp\n");
	g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_pair_free);

	for (guint i = 0; i < 300; i++)
		g_string_append_printf(text, "%u\n", 2000000000 + i);
	for (guint i = 0; i < 2; i++)
		g_ptr_array_add(pairs, pair_of(text->str, i));
	for (guint32 seed = 0; seed < 20; seed++)
		check_split(pairs, 0.3, seed, get_stretch);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/merge/points", test_points);
	g_test_add_func("/merge/windows", test_windows);
	g_test_add_func("/merge/slack", test_slack);
	g_test_add_func("/merge/long-series", test_long_series);
	g_test_add_func("/merge/lag", test_lag);
	g_test_add_func("/merge/lag/flat", test_flat_lag);
	g_test_add_func("/merge/no-lag", test_no_lag);
	g_test_add_func("/merge/energy-label", test_energy_label);
	g_test_add_func("/merge/stale-label", test_stale_label);
	g_test_add_func("/merge/age", test_age);
	g_test_add_func("/merge/late-value", test_late_value);
	g_test_add_func("/merge/long-window", test_long_window);
	g_test_add_func("/merge/split", test_split);
	g_test_add_func("/merge/split-by-time", test_split_by_time);
	return g_test_run();
}
