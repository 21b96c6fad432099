/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/quantity.h"

#include <float.h>
#include <math.h>

#define US     G_GINT64_CONSTANT(1000)
#define MS     (1000 * US)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const struct {
	const gchar *text;
	gint64 nanoseconds;
} durations[] = {
	/* a number alone is seconds, as any other number may be written */
	{"0", 0},
	{"90", 90 * SECOND},
	{"1.5", 1500 * MS},
	{"1e3", 1000 * SECOND},
	{"+2", 2 * SECOND},
	{".5", 500 * MS},
	{"-0", 0},
	{"1e-9", 1},
	{"9e9", 9000000000 * SECOND},
	/* units */
	{"0s", 0},
	{"7us", 7 * US},
	{"100ms", 100 * MS},
	{"1.5s", 1500 * MS},
	{"0.001s", MS},
	{"5m", 5 * MINUTE},
	{"0.5h", 30 * MINUTE},
	{"2d", 2 * DAY},
	/* fractions with more digits than fit into 64 bits */
	{"1.50000000000000000000s", 1500 * MS},
	{"0.10000000000000000001", 100 * MS},
	{"0.001us", 1},
	{"106751d", 106751 * DAY},
	/* several */
	{"1h30m", HOUR + 30 * MINUTE},
	{"1h90m", 2 * HOUR + 30 * MINUTE},
	{"1m1s", MINUTE + SECOND},
	{"2d0.5s", 2 * DAY + 500 * MS},
	{"1d2h3m4s5ms6us", DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND + 5 * MS + 6 * US},
};

static void
test_durations(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(durations); i++) {
		gint64 nanoseconds = -1;
		gdouble seconds = -1;
		g_test_message("%s", durations[i].text);
		g_assert_true(vmfc_quantity_parse_duration(durations[i].text, &nanoseconds));
		g_assert_cmpint(nanoseconds, ==, durations[i].nanoseconds);
		g_assert_true(vmfc_quantity_parse_seconds(durations[i].text, &seconds));
		gdouble expected = (gdouble)durations[i].nanoseconds / 1e9;
		g_assert_cmpfloat(fabs(seconds - expected), <=, expected * DBL_EPSILON);
	}
}

/* Digits that fit into no integer are rounded, and never wrap. */
static void
test_long_fractions(void)
{
	static const struct {
		const gchar *text;
		gint64 nanoseconds;
	} cases[] = {
		{"0.00000000099999999999s", 1},
		{"12.34567890123456789012ms", 12345679},
		{"0.99999999999999999999", SECOND},
		{"1844674407.3709551615999999s", 1844674407370955264},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint64 nanoseconds;
		g_test_message("%s", cases[i].text);
		g_assert_true(vmfc_quantity_parse_duration(cases[i].text, &nanoseconds));
		g_assert_cmpint(ABS(nanoseconds - cases[i].nanoseconds), <=,
				cases[i].nanoseconds >> 52);
	}
}

/* Where a time may lie on both sides, as an offset between two clocks. */
static void
test_negative(void)
{
	static const struct {
		const gchar *text;
		gdouble seconds;
	} negative[] = {
		{"-1", -1}, {"-1.5", -1.5}, {"-100ms", -0.1}, {"-1h30m", -5400}, {"-1e10", -1e10},
	};
	gint64 nanoseconds;
	gdouble seconds;

	for (guint i = 0; i < G_N_ELEMENTS(negative); i++) {
		g_assert_true(vmfc_quantity_parse_seconds(negative[i].text, &seconds));
		g_assert_cmpfloat(seconds, ==, negative[i].seconds);
		g_assert_false(vmfc_quantity_parse_duration(negative[i].text, &nanoseconds));
	}
	/* a decimal with a unit is the same number as without */
	g_assert_true(vmfc_quantity_parse_seconds("200ms", &seconds));
	g_assert_cmpfloat(seconds, ==, 0.2);
}

/* Neither a duration, nor one with a sign. */
static const gchar *const no_durations[] = {
	"",	" ",	  "s",	    "x",    "-",    "--1s",  "-s",    "1h-30m",	 "+1s",	  "5 m",
	" 5m",	"5m ",	  "1h 30m", "1m1h", "1m1m", "1s1m",  "1ms1s", "1h30",	 "30m1",  "1e3m",
	"1E3s", "1.5.2s", "1..s",   ".s",   "0x10", "0x10s", "1,5s",  "1h,30m",	 "nan",	  "nans",
	"inf",	"infs",	  "1S",	    "1M",   "1H",   "1D",    "1ns",   "1min",	 "1hour", "1w",
	"1y",	"1msec",  "1mm",    "1K",   "5m:",  "1e400", "1:30",  "1h30m\n",
};

static void
test_no_durations(void)
{
	gint64 nanoseconds;
	gdouble seconds;

	for (guint i = 0; i < G_N_ELEMENTS(no_durations); i++) {
		g_test_message("'%s'", no_durations[i]);
		g_assert_false(vmfc_quantity_parse_seconds(no_durations[i], &seconds));
		g_assert_false(vmfc_quantity_parse_duration(no_durations[i], &nanoseconds));
	}
}

/* Too long for 63 bits of nanoseconds, or not 0 and less than one. */
static void
test_range(void)
{
	static const gchar *const wrong[] = {
		"1e10",	  "9223372036.9", "9223372037s", "106752d",
		"1e300",  "1e-10",	  "0.0001us",	 "99999999999999999999999999h",
		"0.4e-9",
	};
	g_autofree gchar *digits = g_strnfill(308, '9');
	g_autofree gchar *endless = g_strconcat(digits, "d", NULL);
	gint64 nanoseconds;
	gdouble seconds;

	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_test_message("%s", wrong[i]);
		g_assert_false(vmfc_quantity_parse_duration(wrong[i], &nanoseconds));
	}
	g_assert_false(vmfc_quantity_parse_seconds(endless, &seconds));
}

static void
test_sizes(void)
{
	static const struct {
		const gchar *text;
		gint64 bytes;
	} sizes[] = {
		{"0", 0},
		{"4096", 4096},
		{"4K", 4096},
		{"100M", 100 * 1024 * 1024},
		{"1.5G", G_GINT64_CONSTANT(3) << 29},
		{"0.5K", 512},
		{"8589934591G", G_GINT64_CONSTANT(8589934591) << 30},
	};
	static const gchar *const wrong[] = {
		"",   "K",   " 1",  "1 K", "1k", "1KB", "1Ki",	       "1B",	 "1M1K",
		"-1", "-1K", "1e3", "1T",  "1m", "nan", "8589934592G", "0.0001", "+1",
	};
	gint64 bytes;

	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_test_message("%s", sizes[i].text);
		g_assert_true(vmfc_quantity_parse_size(sizes[i].text, &bytes));
		g_assert_cmpint(bytes, ==, sizes[i].bytes);
	}
	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_test_message("'%s'", wrong[i]);
		g_assert_false(vmfc_quantity_parse_size(wrong[i], &bytes));
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/quantity/durations", test_durations);
	g_test_add_func("/quantity/long-fractions", test_long_fractions);
	g_test_add_func("/quantity/negative", test_negative);
	g_test_add_func("/quantity/no-durations", test_no_durations);
	g_test_add_func("/quantity/range", test_range);
	g_test_add_func("/quantity/sizes", test_sizes);
	return g_test_run();
}
