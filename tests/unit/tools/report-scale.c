/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Units, ticks and numbers of the axes of a report's plots, exactly at their limits. */

#include <math.h>

#include "tools/report/scale.h"

/* The unit in which the largest number is easy to read. */
static void
test_units(void)
{
	static const struct {
		const gchar *unit;
		gdouble maximum;
		const gchar *shown; /* prefix and unit */
		gdouble factor;
	} cases[] = {
		{"bytes", 1023, "", 1},
		{"bytes", 1024, "KiB", 1.0 / 1024},
		{"bytes", 1048575, "KiB", 1.0 / 1024},
		{"bytes", 1048576, "MiB", 1.0 / 1048576},
		{"bytes/s", 1073741824, "GiB/s", 1.0 / 1073741824},
		{"bytes/s", 1073741823, "MiB/s", 1.0 / 1048576},
		{"bytes/s", 1024, "KiB/s", 1.0 / 1024},
		{"us", 0.5, "", 1},
		{"us", 1, "µs", 1},
		{"us", 999, "µs", 1},
		{"us", 1000, "ms", 1e-3},
		{"us", 1e6, "s", 1e-6},
		{"W", 999, "", 1},
		{"W", 1000, "kW", 1e-3},
		{"%", 9999, "", 1},
		{"1", 1e4, "10³ ", 1e-3},
		{"1", 1e6, "10⁶ ", 1e-6},
		{"1", 999999, "10³ ", 1e-3},
		{"1", 1e9, "10⁹ ", 1e-9},
		{"1", 2e12, "10¹² ", 1e-12},
		{"1", 0.01, "", 1},
		{"1", 0.0099, "10⁻³ ", 1e3},
		{"1", 1e-3, "10⁻³ ", 1e3},
		{"1", 0.00099, "10⁻⁶ ", 1e6},
		{"W", 2e-9, "10⁻⁹ ", 1e9},
		{"1", 1e-12, "", 1},
		{"1", 0, "", 1},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		VmfcScaleUnit unit = vmfc_scale_find_unit(cases[i].unit, cases[i].maximum);
		g_autofree gchar *shown = g_strconcat(unit.prefix,
						      unit.unit != NULL ? unit.unit : "", NULL);
		g_test_message("%s %g", cases[i].unit, cases[i].maximum);
		g_assert_cmpstr(shown, ==, cases[i].shown);
		g_assert_cmpfloat_with_epsilon(unit.factor / cases[i].factor, 1, 1e-12);
	}
}

static void
test_time_units(void)
{
	static const struct {
		gdouble seconds;
		const gchar *unit;
		gdouble size;
	} cases[] = {
		{0.1, "s", 1},		 {119, "s", 1},	       {120, "min", 60},
		{7199, "min", 60},	 {7200, "h", 3600},    {172799, "h", 3600},
		{172800, "days", 86400}, {1e9, "days", 86400},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		VmfcScaleUnit unit = vmfc_scale_find_time_unit(cases[i].seconds);
		g_assert_cmpstr(unit.unit, ==, cases[i].unit);
		g_assert_cmpfloat_with_epsilon(unit.factor * cases[i].size, 1, 1e-12);
	}
}

/* Ticks are multiples of a round step within the range, both ends too, and not too many. */
static void
test_ticks(void)
{
	static const struct {
		gdouble minimum;
		gdouble maximum;
		guint max_ticks;
		gdouble first;
		gdouble step;
		guint n;
	} cases[] = {
		{0, 10, 6, 0, 2, 6},	    {0, 10, 5, 0, 5, 3},	  {0, 100, 6, 0, 20, 6},
		{0.3, 9.9, 6, 2, 2, 4},	    {-5, 5, 6, -4, 2, 5},	  {0, 0.7, 8, 0, 0.1, 8},
		{0.1, 0.3, 3, 0.1, 0.1, 3}, {1e6, 2e6, 6, 1e6, 2e5, 6},	  {0, 7, 2, 0, 10, 1},
		{3, 4, 2, 3, 1, 2},	    {-0.6, 0.6, 7, -0.6, 0.2, 7}, {1.1, 1.9, 2, 2, 1, 0},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		VmfcTicks ticks = vmfc_scale_find_ticks(cases[i].minimum, cases[i].maximum,
							cases[i].max_ticks);
		g_test_message("case %u: %g, %g, %u", i, ticks.first, ticks.step, ticks.n);
		g_assert_cmpuint(ticks.n, ==, cases[i].n);
		g_assert_cmpfloat_with_epsilon(ticks.first, cases[i].first, 1e-9);
		g_assert_cmpfloat_with_epsilon(ticks.step / cases[i].step, 1, 1e-9);
	}
	for (guint i = 1; i < 2000; i++) {
		gdouble minimum = i % 37 * 0.173 - 3, maximum = minimum + pow(1.01, i % 1000) / 30;
		guint most = 2 + i % 7;
		VmfcTicks ticks = vmfc_scale_find_ticks(minimum, maximum, most);
		g_assert_cmpuint(ticks.n, <=, most);
		if (ticks.n == 0)
			continue;
		gdouble last = ticks.first + (ticks.n - 1) * ticks.step;
		g_assert_cmpfloat(ticks.first, >=, minimum - 1e-6 * ticks.step);
		g_assert_cmpfloat(ticks.first - ticks.step, <, minimum);
		g_assert_cmpfloat(last, <=, maximum + 1e-6 * ticks.step);
		g_assert_cmpfloat(last + ticks.step, >, maximum - 1e-6 * ticks.step);
	}
}

/* A number has the digits that tell it from the next tick. */
static void
test_numbers(void)
{
	static const struct {
		gdouble value;
		gdouble step;
		const gchar *text;
	} cases[] = {
		{0, 1, "0"},
		{1e-17, 0.1, "0"},
		{0.3, 0.1, "0.3"},
		{1, 0.5, "1.0"},
		{20, 10, "20"},
		{-0.25, 0.05, "-0.25"},
		{3, 1, "3"},
		{0.001, 0.001, "0.001"},
		{2.0000001, 1, "2"},
		{9999999, 1, "9999999"},
		{1e7, 1e6, "1e+07"},
		{-2.5e7, 5e6, "-2.5e+07"},
		{2e-6, 1e-6, "0.000002"},
		{5e-7, 1e-7, "5e-07"},
		{1000, 0.001, "1000.000"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *text = vmfc_scale_format(cases[i].value, cases[i].step);
		g_assert_cmpstr(text, ==, cases[i].text);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/report-scale/units", test_units);
	g_test_add_func("/report-scale/time-units", test_time_units);
	g_test_add_func("/report-scale/ticks", test_ticks);
	g_test_add_func("/report-scale/numbers", test_numbers);
	return g_test_run();
}
