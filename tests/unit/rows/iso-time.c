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
		{"2025-09-10T14:59", NAN, FALSE},
		{"2025-13-10T14:59:58", NAN, FALSE},
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

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/iso-time/parse", test_parse);
	return g_test_run();
}
