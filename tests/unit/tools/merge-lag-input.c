/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The windows of which merge finds the lag of power. */

#include <math.h>

#include "tables.h"
#include "tools/merge/lag-input.h"
#include "tools/merge/power-choice.h"

#define EPOCH 2e9

/* A load that jumps, the same in each call. */
static gdouble
load_at(gdouble time)
{
	g_autoptr(GRand) random = g_rand_new_with_seed((guint32)(gint64)floor(time / 6));
	return g_rand_double_range(random, 0, 100);
}

typedef struct {
	guint n;	/* windows */
	gdouble length; /* of each, s */
	guint n_flat;	/* of them, at the begin, with a load that varies by 2 % */
	guint hole;	/* the first of 100 windows that are missing; 0: none */
	gdouble max_lag;
	gdouble lag;	/* s; of the power, which has a point each second */
	guint n_points; /* of power; 0: for the whole time */
} LagCase;

static void
estimate(const LagCase *one, VmfcLag *lag)
{
	g_autoptr(GString) features = g_string_new("timestamp,time_delta_seconds,cpu_busy\n");
	g_autoptr(GString) power = g_string_new("timestamp,total_cpu_watts_package\n");
	g_autoptr(GError) error = NULL;
	VmfcRowClock clock;
	VmfcPower meter = {0};
	guint n_points = one->n_points > 0 ? one->n_points : (guint)(one->n * one->length);
	const VmfcTableRow *row;

	for (guint i = 1; i <= one->n; i++) {
		gdouble end = i * one->length;
		gdouble load = i <= one->n_flat ? 48 + i % 2 * 4 : load_at(end - one->length / 2);
		if (one->hole == 0 || i < one->hole || i >= one->hole + 100)
			g_string_append_printf(features, "%.3f,%g,%g\n", EPOCH + end, one->length,
					       load);
	}
	for (guint i = 0; i <= n_points; i++)
		g_string_append_printf(power, "%.3f,%g\n", EPOCH + i,
				       1 + load_at(i - one->lag) / 50);
	g_autoptr(VmfcTable) table = table_of(features->str);
	g_autoptr(VmfcTable) meter_table = table_of(power->str);
	g_assert_true(vmfc_row_clock_init(&clock, table, &error));
	g_assert_true(vmfc_row_clock_init(&meter.clock, meter_table, &error));
	g_assert_true(vmfc_power_open(&meter, meter_table, -1, 0, &error));
	/* it reads from the first row, wherever the file is */
	for (guint i = 0; i < one->n / 2; i++)
		g_assert_true(vmfc_table_reader_next(table, &row, NULL));
	g_assert_true(vmfc_lag_input_estimate_lag(table, &clock, vmfc_lag_input_find_load(table),
						  &meter, 0, one->max_lag, lag, &error));
	g_assert_no_error(error);
	vmfc_power_clear(&meter);
}

/* Short windows become long enough, the sample stays small, and the lag is found in each. */
static void
test_lag_windows(void)
{
	static const struct {
		LagCase one;
		guint n_windows; /* those at the ends have no power */
		gdouble step;
	} cases[] = {
		/* half a step of the power is long enough: windows as they are */
		{{600, 0.5, 0, 0, 30, 3}, 595, 0.25},
		{{600, 1, 0, 0, 30, 3}, 597, 0.5},
		/* pairs of them */
		{{1200, 0.25, 0, 0, 30, 3}, 595, 0.25},
		{{1200, 0.25, 0, 0, 30, -3}, 593, 0.25},
		/* by the lag that is sought: 240 s in 240 steps */
		{{4000, 0.5, 0, 0, 240, 3}, 1997, 0.5},
		/* where 100 are missing, none are put together */
		{{1201, 0.25, 0, 502, 30, 3}, 545, 0.25},
		/* 4096 windows that say nothing are not the end */
		{{7000, 1, 4200, 0, 30, 3}, 4096, 0.5},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		VmfcLag lag;
		estimate(&cases[i].one, &lag);
		g_test_message("case %u: %s, %u windows, step %g, %g s", i, lag.reason,
			       lag.n_windows, lag.curve.step, lag.seconds);
		g_assert_true(lag.is_found);
		g_assert_cmpfloat_with_epsilon(lag.seconds, cases[i].one.lag, 0.51);
		g_assert_cmpfloat_with_epsilon(lag.curve.step, cases[i].step, 1e-6);
		g_assert_cmpuint(lag.n_windows, ==, cases[i].n_windows);
		g_assert_cmpfloat(lag.curve.first, <=, -cases[i].one.max_lag + cases[i].step);
		vmfc_lag_clear(&lag);
	}
}

/* Windows after the end of the power count: with too many of them the lag is not known. */
static void
test_lag_of_short_power(void)
{
	static const struct {
		LagCase one;
		gboolean is_found;
	} cases[] = {
		{{600, 1, 0, 0, 30, 3, 280}, TRUE},
		{{600, 1, 0, 0, 30, 3, 130}, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		VmfcLag lag;
		estimate(&cases[i].one, &lag);
		g_assert_cmpint(lag.is_found, ==, cases[i].is_found);
		vmfc_lag_clear(&lag);
	}
}

/* Irregular windows, and power whose values stay for a while. */
typedef struct {
	gdouble max_lag;
	gdouble lag;	   /* s, of the power */
	gdouble from;	   /* s, when power begins */
	gdouble step;	   /* s, of the power */
	guint max_repeats; /* of a value */
} HeldCase;

/* A load that changes slowly enough for a line between two values. */
static gdouble
slow_load_at(gdouble time)
{
	gdouble part = time / 6 - floor(time / 6);
	return load_at(time) * (1 - part) + load_at(time + 6) * part;
}

/* Puts windows together as their rule says. @min_length: s */
static void
put_together(GArray *loads, const VmfcLoad *load, gdouble min_length)
{
	VmfcLoad *last = loads->len > 0 ? &g_array_index(loads, VmfcLoad, loads->len - 1) : NULL;

	if (last != NULL && last->end - last->start < min_length &&
	    load->start - last->end <= load->end - load->start) {
		gdouble weights[2] = {last->end - last->start, load->end - load->start};
		last->load = (last->load * weights[0] + load->load * weights[1]) /
			     (weights[0] + weights[1]);
		last->end = load->end;
	} else {
		g_array_append_val(loads, *load);
	}
}

/* Windows of 0.0625 to 0.625 s, some of which follow after a gap that is as long as they are. */
static void
write_windows(GString *features, GArray *loads, gdouble min_length, GRand *random)
{
	gdouble time = EPOCH;

	for (guint i = 0; i < 500; i++) {
		gdouble length = i == 0 ? 0.5 : g_rand_int_range(random, 1, 11) / 16.0;
		gdouble gap = i % 5 == 3 ? length : i % 29 == 11 ? length + 1 / 16.0 : 0;
		VmfcLoad load = {time + gap, time + gap + length,
				 slow_load_at(time + gap + length / 2)};
		g_string_append_printf(features, "%.4f,%.4f,%.17g\n", load.end, length, load.load);
		put_together(loads, &load, min_length);
		time = load.end;
	}
}

/* @is_off: whether the meter shows 0 in the first row that counts */
static void
write_power(GString *text, const HeldCase *one, gdouble end, gboolean is_off,
	    VmfcPowerSeries *as_written, VmfcPowerSeries *as_new, GRand *random)
{
	guint n_left = 0;
	gdouble watts = 0;
	gdouble last = NAN;

	for (gdouble time = EPOCH + one->from; time <= end + one->max_lag + 5; time += one->step) {
		gboolean counts = time >= EPOCH - one->max_lag && time <= end + one->max_lag;
		if (counts && isnan(last) && is_off) {
			watts = 0;
			n_left = 1;
		} else if (n_left == 0) {
			watts = 1 + slow_load_at(time - one->lag) / 50;
			n_left = (guint)g_rand_int_range(random, 1, (gint)one->max_repeats);
		}
		n_left--;
		g_string_append_printf(text, "%.4f,%.17g\n", time, watts);
		vmfc_power_series_add_point(as_written, time, watts);
		if (!counts || watts == last)
			continue;
		vmfc_power_series_add_point(as_new, time, watts);
		last = watts;
	}
}

static void
assert_same_lag(const VmfcLag *lag, const VmfcLag *other)
{
	g_assert_cmpstr(lag->reason, ==, other->reason);
	g_assert_cmpfloat_with_epsilon(lag->seconds, other->seconds, 1e-6);
	g_assert_cmpfloat_with_epsilon(lag->correlation, other->correlation, 1e-9);
	g_assert_cmpfloat_with_epsilon(lag->detail, other->detail, 1e-9);
	g_assert_cmpuint(lag->n_windows, ==, other->n_windows);
	g_assert_cmpuint(lag->curve.n, ==, other->curve.n);
	g_assert_cmpmem(lag->curve.values, 4 * lag->curve.n, other->curve.values,
			4 * other->curve.n);
}

/*
 * What is found in files is what is found with the loads and the power that their rules give: of
 * values that stay only the new ones, from the longest lag before the first load to the longest
 * after the last, across ten times the maximum gap.
 */
static void
test_lag_of_held_power(void)
{
	static const HeldCase cases[] = {
		{8, 2, -20, 0.25, 4},	{8, -2, -20, 0.5, 6},	{8, 1, -7, 0.5, 6},
		{4, 1, -20, 0.5, 12},	{4, 1, -20, 0.75, 20},	{4, 1, -20, 0.125, 34},
		{4, 1, -20, 0.125, 70}, {8, 1, -20.25, 0.5, 3},
	};
	guint n_better = 0;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const HeldCase *one = &cases[i];
		g_autoptr(GString) features = g_string_new(
			"timestamp,time_delta_seconds,cpu_busy\n");
		g_autoptr(GString) power = g_string_new("timestamp,total_cpu_watts_package\n");
		g_autoptr(GArray) loads = g_array_new(FALSE, FALSE, sizeof(VmfcLoad));
		g_autoptr(GRand) random = g_rand_new_with_seed(i);
		VmfcPowerSeries as_written, as_new;
		VmfcRowClock clock;
		VmfcPower meter = {0};
		VmfcLag lag, wanted, written;
		vmfc_power_series_init(&as_written, 3 * one->step);
		vmfc_power_series_init(&as_new, 30 * one->step);
		write_windows(features, loads, MAX(one->step / 2, one->max_lag / 240), random);
		write_power(power, one, g_array_index(loads, VmfcLoad, loads->len - 1).end,
			    i % 2 == 1, &as_written, &as_new, random);
		g_autoptr(VmfcTable) table = table_of(features->str);
		g_autoptr(VmfcTable) meter_table = table_of(power->str);
		g_assert_true(vmfc_row_clock_init(&clock, table, NULL));
		g_assert_true(vmfc_row_clock_init(&meter.clock, meter_table, NULL));
		g_assert_true(vmfc_power_open(&meter, meter_table, -1, 0, NULL));
		g_assert_true(vmfc_lag_input_estimate_lag(table, &clock, 2, &meter, 0, one->max_lag,
							  &lag, NULL));
		vmfc_lag_estimate(&wanted, loads, &as_written, &as_new, one->max_lag);
		vmfc_lag_estimate(&written, loads, &as_written, NULL, one->max_lag);
		g_test_message("case %u: %g s of %u, as written %g s of %u", i, lag.seconds,
			       lag.n_windows, written.seconds, written.n_windows);
		assert_same_lag(&lag, &wanted);
		n_better += fabs(written.detail - lag.detail) > 1e-6;
		vmfc_lag_clear(&lag);
		vmfc_lag_clear(&wanted);
		vmfc_lag_clear(&written);
		vmfc_power_clear(&meter);
		vmfc_power_series_clear(&as_written);
		vmfc_power_series_clear(&as_new);
	}
	g_test_message("%u", n_better);
	g_assert_cmpuint(n_better, >=, 4);
}

/* Of very many values only the first count, and only with the windows that have some of them. */
static void
test_lag_of_much_power(void)
{
	g_autoptr(GString) features = g_string_new("timestamp,time_delta_seconds,cpu_busy\n");
	g_autoptr(GString) power = g_string_new("timestamp,total_cpu_watts_package\n");
	VmfcRowClock clock;
	VmfcPower meter = {0};
	VmfcLag lag;

	for (guint i = 1; i <= 1000; i++)
		g_string_append_printf(features, "%u,1,%g\n", 2000000000 + i,
				       load_at(EPOCH + i - 0.5));
	/* more than count, of 300 s */
	for (guint i = 0; i < 310; i++) {
		gdouble watts = 1 + load_at(EPOCH + i) / 50;
		for (guint j = 0; j < 1000; j++)
			g_string_append_printf(power, "%u.%03u,%.3f\n", 2000000000 + i, j, watts);
	}
	g_autoptr(VmfcTable) table = table_of(features->str);
	g_autoptr(VmfcTable) meter_table = table_of(power->str);
	g_assert_true(vmfc_row_clock_init(&clock, table, NULL));
	g_assert_true(vmfc_row_clock_init(&meter.clock, meter_table, NULL));
	g_assert_true(vmfc_power_open(&meter, meter_table, -1, 0, NULL));
	g_assert_true(vmfc_lag_input_estimate_lag(table, &clock, 2, &meter, 0, 3, &lag, NULL));
	g_test_message("%u windows, %s", lag.n_windows, lag.reason);
	g_assert_true(lag.is_found);
	g_assert_cmpfloat_with_epsilon(lag.seconds, 0, 1e-6);
	/* the last of them ends with the power */
	g_assert_cmpuint(lag.n_windows, ==, 300);
	vmfc_lag_clear(&lag);
	vmfc_power_clear(&meter);
}

/* The first of the columns that a file has, wherever it stands. */
static void
test_load_column(void)
{
	static const struct {
		const gchar *header;
		gint column;
	} cases[] = {
		{"cpu_busy,cpu_utilization\n", 0},
		{"cpu_utilization,cpu_busy\n", 1},
		{"cpu_utilization,x\n", 0},
		{"x,cpu_utilization\n", 1},
		{"x,y\n", -1},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcTable) table = table_of(cases[i].header);
		g_assert_cmpint(vmfc_lag_input_find_load(table), ==, cases[i].column);
	}
}

/* A lag that is longer than the run allows is not sought. */
static void
test_lag_of_short_run(void)
{
	static const LagCase one = {400, 0.5, 0, 0, 1000, 3};
	VmfcLag lag;

	estimate(&one, &lag);
	g_assert_true(lag.is_found);
	g_assert_cmpfloat_with_epsilon(lag.curve.first, -200 * VMFC_LAG_SHARE, 1);
	/* windows are not put together for a lag that is not sought */
	g_assert_cmpuint(lag.n_windows, >, 180);
	vmfc_lag_clear(&lag);
}

/* Rows that have no load, time or length, or are not in order, are no windows. */
static void
test_lag_without_windows(void)
{
	static const struct {
		const gchar *features;
		const gchar *reason;
	} cases[] = {
		{"timestamp,x\n2000000001,1\n",
		 "the features have no column cpu_utilization or cpu_busy"},
		{"timestamp,time_delta_seconds,cpu_busy\n2000000001,1,\n2000000002,0,5\n",
		 "no row has CPU utilization, time and window length"},
		{"timestamp,time_delta_seconds,cpu_utilization\n2000000001,1,5\n2000000001,1,5\n"
		 "2000000000,1,5\n,1,5\n2000000002,1,5\n",
		 "there are only 2 windows, but 20 are needed"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcTable) table = table_of(cases[i].features);
		g_autoptr(VmfcTable) power = table_of("timestamp,total_cpu_watts_package\n"
						      "2000000000,1\n2000000001,1\n");
		VmfcRowClock clock;
		VmfcPower meter = {0};
		VmfcLag lag;
		g_assert_true(vmfc_row_clock_init(&clock, table, NULL));
		g_assert_true(vmfc_row_clock_init(&meter.clock, power, NULL));
		g_assert_true(vmfc_power_open(&meter, power, -1, 0, NULL));
		g_assert_true(vmfc_lag_input_estimate_lag(
			table, &clock, vmfc_lag_input_find_load(table), &meter, 0, 60, &lag, NULL));
		g_assert_false(lag.is_found);
		g_assert_cmpstr(lag.reason, ==, cases[i].reason);
		g_assert_true(isnan(lag.other));
		vmfc_lag_clear(&lag);
		vmfc_power_clear(&meter);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/merge-lag-input/lag-of-short-power", test_lag_of_short_power);
	g_test_add_func("/merge-lag-input/lag-of-held-power", test_lag_of_held_power);
	g_test_add_func("/merge-lag-input/lag-of-much-power", test_lag_of_much_power);
	g_test_add_func("/merge-lag-input/load-column", test_load_column);
	g_test_add_func("/merge-lag-input/lag-windows", test_lag_windows);
	g_test_add_func("/merge-lag-input/lag-of-short-run", test_lag_of_short_run);
	g_test_add_func("/merge-lag-input/lag-without-windows", test_lag_without_windows);
	return g_test_run();
}
