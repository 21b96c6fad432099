/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "http/backoff.h"

static void
test_growth(void)
{
	static const gdouble longest[] = {1, 2, 4, 8, 16, 30, 30};
	VmfcBackoff backoff = {0};
	VmfcPause pause;

	for (guint i = 0; i < G_N_ELEMENTS(longest); i++) {
		vmfc_backoff_next(&backoff, -1, &pause);
		g_assert_cmpint(pause.own, >=, (gint64)(longest[i] * 0.5e6));
		g_assert_cmpint(pause.own, <=, (gint64)(longest[i] * 1e6));
		g_assert_cmpint(pause.asked, ==, 0);
	}
	vmfc_backoff_reset(&backoff);
	vmfc_backoff_next(&backoff, 2.5, &pause);
	g_assert_cmpint(pause.own, <=, 1000000);
	g_assert_cmpint(pause.asked, ==, 2500000);
	for (guint i = 0; i < 100; i++)
		vmfc_backoff_next(&backoff, 0, &pause);
	g_assert_cmpint(pause.own, >=, 15000000);
	g_assert_cmpint(pause.own, <=, 30000000);
}

/* Clients that fail at a time do not come back at a time. */
static void
test_jitter(void)
{
	gint64 shortest = G_MAXINT64;
	gint64 longest = 0;

	for (guint i = 0; i < 100; i++) {
		VmfcBackoff backoff = {0};
		VmfcPause pause;
		vmfc_backoff_next(&backoff, -1, &pause);
		shortest = MIN(shortest, pause.own);
		longest = MAX(longest, pause.own);
	}
	g_assert_cmpint(longest - shortest, >, 200000);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/backoff/growth", test_growth);
	g_test_add_func("/backoff/jitter", test_jitter);
	return g_test_run();
}
