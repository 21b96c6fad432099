/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <math.h>
#include <string.h>

#include "powercap/counter.h"
#include "powercap/totals.h"

#define S G_GINT64_CONSTANT(1000000000)

static void
test_grows_evenly(void)
{
	PowercapCounter counter;

	powercap_counter_init(&counter, 7);
	g_assert_cmpuint(powercap_counter_get(&counter, 0), ==, 7);
	g_assert_true(powercap_counter_add(&counter, 10, 100 * S, S));
	g_assert_cmpuint(counter.total, ==, 10000007);
	g_assert_cmpuint(powercap_counter_get(&counter, 100 * S), ==, 7);
	g_assert_cmpuint(powercap_counter_get(&counter, 100 * S + S / 10), ==, 1000007);
	g_assert_cmpuint(powercap_counter_get(&counter, 100 * S + S / 2), ==, 5000007);
	g_assert_cmpuint(powercap_counter_get(&counter, 101 * S), ==, 10000007);
	g_assert_cmpuint(powercap_counter_get(&counter, 200 * S), ==, 10000007);
	/* a clock that goes back does not make it go back below the start of the window */
	g_assert_cmpuint(powercap_counter_get(&counter, 99 * S), ==, 7);
}

/* A record before the counter shows all of the one before, one after it, and one at once. */
static void
test_joins_windows(void)
{
	PowercapCounter counter;

	powercap_counter_init(&counter, 0);
	g_assert_true(powercap_counter_add(&counter, 100, 0, S));
	g_assert_true(powercap_counter_add(&counter, 0, S / 2, S));
	g_assert_cmpuint(powercap_counter_get(&counter, S / 2), ==, 50000000);
	g_assert_cmpuint(powercap_counter_get(&counter, S), ==, 75000000);
	g_assert_cmpuint(powercap_counter_get(&counter, S + S / 2), ==, 100000000);
	g_assert_true(powercap_counter_add(&counter, 1, 3 * S, 0));
	g_assert_cmpuint(powercap_counter_get(&counter, 3 * S), ==, 101000000);
	g_assert_true(powercap_counter_add(&counter, 1, 4 * S, S));
	powercap_counter_finish(&counter);
	g_assert_cmpuint(powercap_counter_get(&counter, 4 * S), ==, 102000000);
}

/* Estimates that rise and fall, records that are late or early: never back, never ahead. */
static void
test_never_back(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	PowercapCounter counter;
	gdouble joules = 0;
	guint64 before = 0;
	gint64 now = 0;

	powercap_counter_init(&counter, 0);
	for (guint i = 0; i < 2000; i++) {
		gdouble window = g_rand_boolean(random) ? g_rand_double_range(random, 0, 500) : 0;
		joules += window;
		g_assert_true(powercap_counter_add(&counter, window, now, S));
		for (guint step = g_rand_int_range(random, 0, 20); step > 0; step--) {
			now += g_rand_int_range(random, 0, S / 5);
			guint64 shown = powercap_counter_get(&counter, now);
			g_assert_cmpuint(shown, >=, before);
			g_assert_cmpuint(shown, <=, counter.total);
			before = shown;
		}
	}
	g_assert_cmpfloat(fabs((gdouble)counter.total + counter.rest - joules * 1e6), <, 1);
}

/* Parts of a µJ are not lost. */
static void
test_keeps_rest(void)
{
	PowercapCounter counter;

	powercap_counter_init(&counter, 0);
	for (guint i = 0; i < 1000; i++)
		g_assert_true(powercap_counter_add(&counter, 0.0000015, i * S, 0));
	g_assert_cmpuint(counter.total, >=, 1499);
	g_assert_cmpuint(counter.total, <=, 1500);
}

static void
test_refuses(void)
{
	static const gdouble values[] = {-1, -1e-9, 1e10, INFINITY, NAN};
	PowercapCounter counter;

	powercap_counter_init(&counter, 5);
	for (guint i = 0; i < G_N_ELEMENTS(values); i++)
		g_assert_false(powercap_counter_add(&counter, values[i], S, S));
	g_assert_cmpuint(counter.total, ==, 5);
}

static void
test_totals(void)
{
	static const guint64 totals[VMFC_N_ZONES] = {0, 1, 12345678, G_MAXUINT64, 42};
	guint64 read[VMFC_N_ZONES];
	gchar text[POWERCAP_TOTALS_SIZE + 2];

	powercap_totals_format(totals, text);
	g_assert_cmpuint(strlen(text), ==, POWERCAP_TOTALS_SIZE);
	g_assert_true(powercap_totals_parse(text, POWERCAP_TOTALS_SIZE, read));
	g_assert_cmpmem(read, sizeof(read), totals, sizeof(totals));
	/* each cut text is damaged, but for the one that was never written */
	for (gsize length = 1; length < POWERCAP_TOTALS_SIZE; length++)
		g_assert_false(powercap_totals_parse(text, length, read));
	g_assert_true(powercap_totals_parse(text, 0, read));
	g_assert_cmpuint(read[VMFC_ZONE_CORE], ==, 0);
	text[POWERCAP_TOTALS_SIZE] = '\n';
	g_assert_false(powercap_totals_parse(text, POWERCAP_TOTALS_SIZE + 1, read));
}

static void
test_damaged_totals(void)
{
	static const guint64 totals[VMFC_N_ZONES] = {1, 2, 3, 4, 5};
	guint64 read[VMFC_N_ZONES];
	gchar text[POWERCAP_TOTALS_SIZE + 1];

	/* every byte but the blanks in front of a number, which may be digits */
	for (gsize i = 0; i < POWERCAP_TOTALS_SIZE; i++) {
		for (const gchar *c = "-+x\t\n"; *c != '\0'; c++) {
			powercap_totals_format(totals, text);
			if (text[i] == *c)
				continue;
			text[i] = *c;
			g_assert_false(powercap_totals_parse(text, POWERCAP_TOTALS_SIZE, read));
		}
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/powercap/grows-evenly", test_grows_evenly);
	g_test_add_func("/powercap/joins-windows", test_joins_windows);
	g_test_add_func("/powercap/never-back", test_never_back);
	g_test_add_func("/powercap/keeps-rest", test_keeps_rest);
	g_test_add_func("/powercap/refuses", test_refuses);
	g_test_add_func("/powercap/totals", test_totals);
	g_test_add_func("/powercap/damaged-totals", test_damaged_totals);
	return g_test_run();
}
