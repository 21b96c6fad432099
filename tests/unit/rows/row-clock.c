/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/row-clock.h"

#include <math.h>

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

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/row-clock/format", test_format);
	return g_test_run();
}
