/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which records the pictures of the start page keep, and in which order they show them. */

#include "prometheus/history.h"

#include "still-clock.h"

/* Of many records a second there is a point a second; one that is a little early is one, too. */
static void
test_spacing(void)
{
	g_autofree History *history = g_new0(History, 1);
	const VmfcMetricValues none = {0};

	now = 5000000;
	for (guint i = 0; i <= 50; i++) {
		history_add(history, &none);
		now += 100000;
	}
	/* at 0, 0.9, 1.8 … s */
	g_assert_cmpuint(history->n_points, ==, 6);
	for (guint i = 0; i < history->n_points; i++)
		g_assert_cmpint(history_get(history, i)->time, ==, 5000000 + i * 900000);
	now += 60 * G_USEC_PER_SEC;
	history_add(history, &none);
	g_assert_cmpuint(history->n_points, ==, 7);
	now += 899999;
	history_add(history, &none);
	g_assert_cmpuint(history->n_points, ==, 7);
	now += 1;
	history_add(history, &none);
	g_assert_cmpuint(history->n_points, ==, 8);
}

/* The first is the oldest that is kept, also when there were more. */
static void
test_order(void)
{
	g_autofree History *history = g_new0(History, 1);
	const VmfcMetricValues none = {0};

	now = G_USEC_PER_SEC;
	for (guint n = 1; n <= HISTORY_POINTS + 10; n++) {
		history_add(history, &none);
		g_assert_cmpuint(history->n_points, ==, MIN(n, HISTORY_POINTS));
		g_assert_cmpint(history_get(history, history->n_points - 1)->time, ==, now);
		g_assert_cmpint(history_get(history, 0)->time, ==,
				now - (history->n_points - 1) * G_USEC_PER_SEC);
		now += G_USEC_PER_SEC;
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/history/spacing", test_spacing);
	g_test_add_func("/history/order", test_order);
	return g_test_run();
}
