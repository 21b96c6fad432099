/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/iso-time.h"

#include <math.h>
#include <string.h>

static void
test_parse(void)
{
	static const struct {
		const gchar *text;
		gdouble time; /* NaN where it is none */
		gboolean has_zone;
	} times[] = {
		{"2025-09-10T14:59:58.959797", 1757516398.959797, FALSE},
		{"2025-09-10 14:59:58,5", 1757516398.5, FALSE},
		{"2026-11-22T12:47:26.000141+00:00", 1795351646.000141, TRUE},
		{"2025-09-10T14:59:58Z", 1757516398, TRUE},
		{"2025-09-10T14:59:58-04:00", 1757530798, TRUE},
		{"2025-09-10T14:59:58+0530", 1757496598, TRUE},
		{"2025-09-10T14:59:58+02", 1757509198, TRUE},
		{"2024-02-29T00:00:00", 1709164800, FALSE},
		{"1970-01-01T00:00:00", 0, FALSE},
		{"2025-09-10t14:59:58z", 1757516398, TRUE},
		{"2025-09-10T14:59:58.959797999Z", 1757516398.959797, TRUE},
		{"2025-09-10T14:59", NAN, FALSE},
		{"2025-13-10T14:59:58", NAN, FALSE},
		{"2025-02-29T14:59:58", NAN, FALSE},
		{"1969-12-31T23:59:59Z", NAN, FALSE},
		{"2025-09-10T24:59:58", NAN, FALSE},
		{"2025-09-10T14:59:58 UTC", NAN, FALSE},
		{"1757516398.9", NAN, FALSE},
		{"", NAN, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
		gdouble time;
		gboolean has_zone;
		gboolean is_time = vmfc_iso_time_parse(times[i].text, strlen(times[i].text), &time,
						       &has_zone);
		g_assert_cmpint(is_time, ==, !isnan(times[i].time));
		if (!is_time)
			continue;
		g_assert_cmpfloat_with_epsilon(time, times[i].time, 1e-6);
		g_assert_cmpint(has_zone, ==, times[i].has_zone);
	}
}

/* Each microsecond is the double that is nearest to it, as where a row has the time as a number. */
static void
test_microseconds(void)
{
	for (guint i = 0; i < 1000000; i += 997) {
		g_autofree gchar *text = g_strdup_printf("2025-09-10T14:59:58.%06u", i);
		g_autofree gchar *number = g_strdup_printf("1757516398.%06u", i);
		gdouble time;
		gboolean has_zone;
		g_assert_true(vmfc_iso_time_parse(text, strlen(text), &time, &has_zone));
		g_assert_cmpfloat(time, ==, g_ascii_strtod(number, NULL));
	}
}

/* GLib reads as many digits as it can; a text with more is no time, and never another one. */
static void
test_long_fractions(void)
{
	for (guint n_digits = 1; n_digits <= 40; n_digits++) {
		g_autofree gchar *digits = g_strnfill(n_digits, '9');
		g_autofree gchar *text = g_strconcat("2025-09-10T14:59:58.", digits, NULL);
		gdouble time;
		gboolean has_zone;
		gboolean is_time = vmfc_iso_time_parse(text, strlen(text), &time, &has_zone);
		g_assert_true(is_time || n_digits > 9);
		if (is_time)
			g_assert_cmpfloat_with_epsilon(
				time, 1757516398 + g_ascii_strtod(text + 19, NULL), 2e-6);
	}
}

/* Other cells follow the text of a cell, with any contents. */
static void
test_length(void)
{
	static const gchar text[] = "2025-09-10T14:59:58\0Z,1";
	gdouble time;
	gboolean has_zone;

	g_assert_true(vmfc_iso_time_parse(text, strlen(text), &time, &has_zone));
	g_assert_false(vmfc_iso_time_parse(text, strlen(text) + 1, &time, &has_zone));
	g_assert_false(vmfc_iso_time_parse(text, strlen(text) + 2, &time, &has_zone));
	g_autofree gchar *zeros = g_strnfill(1000, '0');
	g_autofree gchar *fraction = g_strconcat(text, ".", zeros, NULL);
	g_assert_false(vmfc_iso_time_parse(fraction, strlen(fraction), &time, &has_zone));
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/iso-time/parse", test_parse);
	g_test_add_func("/iso-time/microseconds", test_microseconds);
	g_test_add_func("/iso-time/long-fractions", test_long_fractions);
	g_test_add_func("/iso-time/length", test_length);
	return g_test_run();
}
