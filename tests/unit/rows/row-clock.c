/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/row-clock.h"

#include <math.h>
#include <string.h>

#include "table-of.h"

static void
test_format(void)
{
	static const struct {
		gdouble time;
		const gchar *text;
	} times[] = {
		{NAN, "never"},
		{0, "1970-01-01T00:00:00.000Z"},
		{-0.5, "1969-12-31T23:59:59.500Z"},
		{1757516398.25, "2025-09-10T14:59:58.250Z"},
		{2e11, "8307-10-01T19:33:20.000Z"},
		{-1e300, "1-01-01T00:00:00.000Z"},
		{1e300, "9999-12-31T23:59:59.000Z"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
		g_autofree gchar *text = vmfc_row_clock_format(times[i].time);
		g_assert_cmpstr(text, ==, times[i].text);
	}
}

/* The measured length of a window counts, then the one that was requested. */
static void
test_length(void)
{
	static const struct {
		const gchar *row;
		gdouble length;
	} rows[] = {
		{"1.5,1", 1.5}, {"0,1", 1},	    {",1", 1},		{"-1,2", 2},
		{"x,2", 2},	{"86400,1", 86400}, {"86400.5,1", 1},	{"nan,1", 1},
		{",", 0},	{"0,0", 0},	    {"0.001,1", 0.001},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree gchar *text = g_strconcat(
			"timestamp,time_delta_seconds,collection_interval\n1757516398,",
			rows[i].row, "\n", NULL);
		g_autoptr(VmfcTable) table = table_of(text);
		const VmfcTableRow *row;
		VmfcRowClock clock;
		g_test_message("%s", rows[i].row);
		g_assert_true(vmfc_row_clock_init(&clock, table, NULL));
		g_assert_true(vmfc_table_reader_next(table, &row, NULL));
		g_assert_cmpfloat(vmfc_row_clock_read_length(&clock, row), ==, rows[i].length);
	}
}

/* Which column has the time, and from when on a number is one. */
static void
test_columns(void)
{
	static const struct {
		const gchar *text;
		gint kind; /* -1: there is no time */
		gdouble first;
	} cases[] = {
		{"timestamp\n1757516398\n", VMFC_ROW_CLOCK_EPOCH, 1757516398},
		{"timestamp\n100000000\n", VMFC_ROW_CLOCK_EPOCH, 1e8},
		{"timestamp\n99999999\n", -1, 0},
		{"timestamp\n100000000000\n", VMFC_ROW_CLOCK_EPOCH, 1e11},
		{"timestamp\n100000000001\n", -1, 0},
		{"timestamp,timestamp_absolute\n5,1757516398\n", VMFC_ROW_CLOCK_ABSOLUTE,
		 1757516398},
		{"timestamp_iso,timestamp\n2025-09-10T14:59:58Z,1757516300\n", VMFC_ROW_CLOCK_EPOCH,
		 1757516300},
		{"timestamp_iso,timestamp\n2025-09-10T14:59:58Z,5\n", VMFC_ROW_CLOCK_ISO,
		 1757516398},
		/* the first row that has a time counts */
		{"timestamp\n\"\"\n1757516398\n1757516399\n", VMFC_ROW_CLOCK_EPOCH, 1757516398},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcTable) table = table_of(cases[i].text);
		VmfcRowClock clock;
		g_test_message("%s", cases[i].text);
		gboolean found = vmfc_row_clock_init(&clock, table, NULL);
		g_assert_cmpint(found, ==, cases[i].kind >= 0);
		if (!found)
			continue;
		g_assert_cmpint(clock.kind, ==, cases[i].kind);
		g_assert_cmpfloat(clock.first, ==, cases[i].first);
		g_assert_cmpuint(table->n_rows, ==, 0);
	}
}

/* A file may begin with 999 rows without a time, and not with more. */
static void
test_rows_without_time(void)
{
	for (guint n_rows = 999; n_rows <= 1000; n_rows++) {
		g_autoptr(GString) text = g_string_new("timestamp,a\n");
		VmfcRowClock clock;
		for (guint i = 0; i < n_rows; i++)
			g_string_append(text, ",1\n");
		g_string_append(text, "1757516398,1\n");
		g_autoptr(VmfcTable) table = table_of(text->str);
		g_assert_cmpint(vmfc_row_clock_init(&clock, table, NULL), ==, n_rows == 999);
	}
}

/* A zone is east of UTC, and a multiple of a quarter of an hour. */
static void
test_zone(void)
{
	static const gchar text[] = "timestamp,timestamp_iso\n"
				    "1757516398.2,\n"
				    "1757516399.2,2025-09-10T20:45:00.1\n"
				    "1757516400.2,2025-09-10T15:00:00.2Z\n"
				    "1757516401.2,2025-09-10T11:30:01.3\n";
	g_autoptr(VmfcTable) table = table_of(text);
	g_autoptr(VmfcTable) naive = table_of("timestamp_iso\n2025-09-10T20:45:00\n");
	const VmfcTableRow *row;
	VmfcRowClock clock;
	gdouble zone, last, time;

	g_assert_true(vmfc_row_clock_init(&clock, table, NULL));
	g_assert_true(vmfc_row_clock_find_zone(&clock, table, &zone, &last, NULL));
	g_assert_cmpfloat(zone, ==, 5.75 * 3600);
	g_assert_cmpfloat(last, ==, -3.5 * 3600);
	g_assert_true(vmfc_row_clock_init(&clock, naive, NULL));
	g_assert_true(clock.needs_zone);
	g_assert_true(vmfc_row_clock_find_zone(&clock, naive, &zone, &last, NULL));
	g_assert_true(isnan(zone) && isnan(last));
	g_assert_true(vmfc_table_reader_next(naive, &row, NULL));
	clock.zone = 5.75 * 3600;
	g_assert_true(vmfc_row_clock_read(&clock, row, &time));
	g_assert_cmpfloat(time, ==, 1757516400);
}

/* A local time that is set back by an hour, or by half of one, is that of two instants. */
static void
test_set_back(void)
{
	static const struct {
		gint step; /* in s, to the third row */
		gboolean is_ambiguous;
	} cases[] = {{1, FALSE},    {-1, FALSE},    {-3300, FALSE}, {-3301, TRUE},
		     {-3600, TRUE}, {-3601, FALSE}, {-1500, FALSE}, {-1501, TRUE},
		     {-1800, TRUE}, {-1801, FALSE}, {-7200, FALSE}, {3600, FALSE}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new("timestamp_iso\n");
		const gint64 times[] = {1757516398, 1757516399, 1757516399 + cases[i].step};
		g_autoptr(GError) error = NULL;
		VmfcRowClock clock;
		for (guint j = 0; j < G_N_ELEMENTS(times); j++) {
			g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(times[j]);
			g_autofree gchar *iso = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
			g_string_append_printf(text, "%s\n", iso);
		}
		g_autoptr(VmfcTable) table = table_of(text->str);
		g_test_message("%d", cases[i].step);
		g_assert_true(vmfc_row_clock_init(&clock, table, NULL));
		gboolean good = vmfc_row_clock_check_local(&clock, table, FALSE, &error);
		g_assert_cmpint(good, ==, !cases[i].is_ambiguous);
		g_assert_true(good || strstr(error->message, "line 4: its local time is set back"));
	}
}

/* Local times of a machine with summer time: the hour that occurs twice is refused. */
static void
test_machine_zone(void)
{
	static const gchar text[] = "timestamp_iso\n2025-10-25T12:00:00\n2025-10-27T12:00:00\n";
	static const struct {
		const gchar *text;
		gboolean is_ambiguous;
	} cases[] = {
		{"timestamp_iso\n2025-10-26T02:30:00\n", TRUE},
		{"timestamp_iso\n2025-10-26T04:00:00\n", FALSE},
		{"timestamp_iso\n2025-10-26T01:30:00\n", FALSE},
	};
	g_autoptr(VmfcTable) table = table_of(text);
	VmfcRowClock clock;
	gdouble zone, last;

	g_setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", TRUE);
	g_assert_true(vmfc_row_clock_init(&clock, table, NULL));
	g_assert_true(vmfc_row_clock_find_machine_zone(&clock, table, &zone, &last, NULL));
	g_assert_cmpfloat(zone, ==, 7200);
	g_assert_cmpfloat(last, ==, 3600);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcTable) one = table_of(cases[i].text);
		g_test_message("%s", cases[i].text);
		g_assert_true(vmfc_row_clock_init(&clock, one, NULL));
		g_assert_cmpint(vmfc_row_clock_check_local(&clock, one, TRUE, NULL), ==,
				!cases[i].is_ambiguous);
		g_assert_true(vmfc_row_clock_check_local(&clock, one, FALSE, NULL));
	}
	g_unsetenv("TZ");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/row-clock/format", test_format);
	g_test_add_func("/row-clock/length", test_length);
	g_test_add_func("/row-clock/columns", test_columns);
	g_test_add_func("/row-clock/rows-without-time", test_rows_without_time);
	g_test_add_func("/row-clock/zone", test_zone);
	g_test_add_func("/row-clock/machine-zone", test_machine_zone);
	g_test_add_func("/row-clock/set-back", test_set_back);
	return g_test_run();
}
