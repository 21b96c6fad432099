/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* How much time can have been used from one page to the next, and when Kepler has looked. */

#include "kepler-pages.h"

/* An answer that is good and came too late for its record: the next record has its growth too. */
static void
test_late(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	see_page(fixture, NAME "{pid=\"1\"} 1\n", KEPLER_GROWTH_FIRST);
	fixture->taken = FALSE;
	take_page(fixture, NAME "{pid=\"1\"} 2\n", 2, 1);
	see_page(fixture, NAME "{pid=\"1\"} 2.5\n" NAME "{pid=\"2\"} 0.25\n", KEPLER_GROWTH_TOLD);
	fixture->taken = FALSE;
	/* also that of a process which has ended by then */
	take_page(fixture, NAME "{pid=\"1\"} 3\n", 3, 1.25);
	g_assert_cmpfloat_with_epsilon(fixture->seconds.span, 2, 1e-9);
}

static void
test_too_much(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *form = NAME "{pid=\"1\"} %g\n" NAME "{pid=\"2\"} %g\n";
	g_autoptr(GString) page = g_string_new(NULL);

	take_page(fixture, NAME "{pid=\"1\"} 1\n" NAME "{pid=\"2\"} 1\n", 2, 0);
	/* all that two CPUs can give, and what is rounded */
	take_page(fixture, NAME "{pid=\"1\"} 2.02\n" NAME "{pid=\"2\"} 2.02\n", 4.04, 2.04);
	g_string_printf(page, form, 3.5, 3.5);
	see_page(fixture, page->str, KEPLER_GROWTH_TOO_MUCH);
	/* nothing is lost: a second later both are as much as can be */
	take_page(fixture, NAME "{pid=\"1\"} 4\n" NAME "{pid=\"2\"} 4\n", 8, 3.96);
	/* twenty processes that jump at once: no time makes that true */
	g_string_truncate(page, 0);
	for (guint i = 1; i <= 20; i++)
		g_string_append_printf(page, NAME "{pid=\"%u\"} 4\n", i);
	see_page(fixture, page->str, KEPLER_GROWTH_TOO_MUCH);
	g_assert_true(fixture->taken);
	g_string_append(page, NAME "{pid=\"21\"} 0.5\n");
	take_page(fixture, page->str, 80.5, 0.5);
}

/* Kepler's node: what it shows of two looks, each with the power since the one before. */
typedef struct {
	gdouble at; /* s */
	gdouble joules[2];
	gdouble watts[2];
} Node;

static void
node_look(Node *node, gdouble at, gdouble package_joules, gdouble core_joules)
{
	gdouble joules[] = {package_joules, core_joules};

	for (guint i = 0; i < 2; i++) {
		node->joules[i] += joules[i];
		node->watts[i] = joules[i] / (at - node->at);
	}
	node->at = at;
}

/* One process that uses a CPU all the time. */
static gchar *
node_print(const Node *node)
{
	return g_strdup_printf(
		"kepler_node_cpu_joules_total{zone=\"package\",path=\"a\"} %.6f\n"
		"kepler_node_cpu_joules_total{zone=\"core\",path=\"b\"} %.6f\n"
		"kepler_node_cpu_watts{path=\"a\",zone=\"package\"} %.17g\n"
		"kepler_node_cpu_watts{path=\"b\",zone=\"core\"} %.17g\n" NAME "{pid=\"7\"} %.2f\n",
		node->joules[0], node->joules[1], node->watts[0], node->watts[1], 100 + node->at);
}

/* An idle machine: Kepler's own counters tell that it has looked. */
static void
test_idle(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *form = "kepler_node_cpu_joules_total{zone=\"package\"} %g\n" NAME
			    "{pid=\"1\"} 5\n";
	g_autofree gchar *first = g_strdup_printf(form, 1000.0);
	g_autofree gchar *second = g_strdup_printf(form, 1017.3);

	take_page(fixture, first, 5, 0);
	see_page(fixture, first, KEPLER_GROWTH_NO_LOOK);
	g_assert_false(fixture->taken);
	take_page(fixture, second, 5, 0);
	g_assert_cmpfloat_with_epsilon(fixture->seconds.span, 2, 1e-9);
	/* without them nothing tells it */
	take_page(fixture, NAME "{pid=\"1\"} 5.5\n", 5.5, 0.5);
	see_page(fixture, NAME "{pid=\"1\"} 5.5\n", KEPLER_GROWTH_UNKNOWN);
	/* where they stand still while processes work, the processes tell it */
	take_page(fixture,
		  "kepler_node_cpu_joules_total{zone=\"package\"} 1000\n" NAME "{pid=\"1\"} 6\n", 6,
		  0.5);
	take_page(fixture,
		  "kepler_node_cpu_joules_total{zone=\"package\"} 1000\n" NAME "{pid=\"1\"} 6.5\n",
		  6.5, 0.5);
}

/*
 * Kepler as it is by default: it looks every 5 s, and when it is asked and has not looked for 0.5
 * s. Its timer comes 0.25 s before a request.
 */
static void
test_out_of_step(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const struct {
		gdouble look; /* s */
		KeplerGrowth growth_is;
		gdouble growth;
	} answers[] = {
		{0.75, KEPLER_GROWTH_FIRST, 0},
		/* the first page was an old one: that is seen now, and no growth is lost */
		{2, KEPLER_GROWTH_OFF, 0},
		{3, KEPLER_GROWTH_TOLD, 1},
		{4, KEPLER_GROWTH_TOLD, 1},
		{5, KEPLER_GROWTH_TOLD, 1},
		{5.75, KEPLER_GROWTH_OFF, 0},
		{7, KEPLER_GROWTH_TOLD, 2},
		{8, KEPLER_GROWTH_TOLD, 1},
		/* a little out of step */
		{9.03, KEPLER_GROWTH_TOLD, 1.03},
		{10, KEPLER_GROWTH_TOLD, 0.97},
		/* and always by as much */
		{10.75, KEPLER_GROWTH_OFF, 0},
		{11.75, KEPLER_GROWTH_OFF, 0},
		{12.75, KEPLER_GROWTH_OFF, 0},
		{13.75, KEPLER_GROWTH_OFF, 0},
		{14.755, KEPLER_GROWTH_TOLD, 4.755},
		{15.755, KEPLER_GROWTH_TOLD, 1},
	};
	Node node = {-1, {0}, {0}};

	for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
		node_look(&node, answers[i].look, 10 + i % 3, 5 + i % 2);
		g_autofree gchar *page = node_print(&node);
		see_page(fixture, page, answers[i].growth_is);
		if (answers[i].growth_is != KEPLER_GROWTH_TOLD)
			continue;
		g_assert_true(fixture->seconds.is_timed);
		/* the page has hundredths of CPU seconds */
		g_assert_cmpfloat_with_epsilon(fixture->seconds.growth, answers[i].growth, 0.011);
		g_assert_cmpfloat_with_epsilon(fixture->seconds.growth / fixture->seconds.span, 1,
					       0.011);
	}
}

/* Two looks between two answers: their times are not told, and then the answers' hold. */
static void
test_two_looks(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Node node = {0, {0}, {0}};

	for (guint i = 1; i < 5; i++) {
		node_look(&node, i - 0.6, 10, 5);
		node_look(&node, i, 7 + i, 4);
		g_autofree gchar *page = node_print(&node);
		take_page(fixture, page, 100 + i, i > 1 ? 1 : 0);
		g_assert_false(fixture->seconds.is_timed);
		if (i > 1)
			g_assert_cmpfloat_with_epsilon(fixture->seconds.span, 1, 1e-9);
	}
}

/* The fake meter starts over every few thousand looks; the other zone alone tells nothing. */
static void
test_zone_starts_over(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Node node = {0, {0}, {0}};

	for (guint i = 1; i < 5; i++) {
		node_look(&node, i, 10, 5);
		if (i == 3)
			node.joules[0] = 0;
		g_autofree gchar *page = node_print(&node);
		take_page(fixture, page, 100 + i, i > 1 ? 1 : 0);
		g_assert_true(fixture->seconds.is_timed == (i == 2 || i == 4));
	}
}

/* Processes whose total is @total. */
static void
see_total(Fixture *fixture, gdouble total, guint n_cpus, KeplerGrowth growth_is, gboolean is_of_use)
{
	g_autoptr(GString) page = g_string_new(NULL);

	for (guint i = 1; i <= 50; i++)
		g_string_append_printf(page, NAME "{pid=\"%u\"} %.17g\n", i, total / 50);
	fixture->n_cpus = n_cpus;
	see_page(fixture, page->str, growth_is);
	g_assert_cmpint(fixture->seconds.is_of_use, ==, is_of_use);
}

/*
 * Two CPUs give 2.01 s between the request before and the end of this answer; what Kepler rounds
 * comes on top. What 10 s of both could not give will not become right with time.
 */
static void
test_most_growth(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gdouble most = 2.01 * 1.02 + 0.05;

	see_total(fixture, 100, 2, KEPLER_GROWTH_FIRST, TRUE);
	see_total(fixture, 100 + most - 1e-4, 2, KEPLER_GROWTH_TOLD, TRUE);
	see_total(fixture, 100 + 2 * most, 2, KEPLER_GROWTH_TOO_MUCH, FALSE);
	see_total(fixture, 100 + 2 * most + 1.9, 2, KEPLER_GROWTH_TOLD, TRUE);
	see_total(fixture, 100 + 3 * most + 1.9 + 19.99, 2, KEPLER_GROWTH_TOO_MUCH, FALSE);
	see_total(fixture, 100 + 3 * most + 1.9 + 2.04 + 20.01, 2, KEPLER_GROWTH_TOO_MUCH, TRUE);
	/* of CPUs that come or go the larger number counts */
	see_total(fixture, 130.3 + 3.9, 4, KEPLER_GROWTH_TOLD, TRUE);
	see_total(fixture, 130.3 + 3.9 + 3.9, 2, KEPLER_GROWTH_TOLD, TRUE);
	see_total(fixture, 130.3 + 3.9 + 3.9 + 2.2, 2, KEPLER_GROWTH_TOO_MUCH, FALSE);
	see_total(fixture, 130.3 + 3.9 + 3.9 + 4.1, 2, KEPLER_GROWTH_TOLD, TRUE);
}

/*
 * Answers of 5 ms, a second apart: the updates were 0.995 to 1.005 s apart if Kepler updated when
 * it was asked. 5 % more or less is accepted.
 */
static void
test_step_limits(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gdouble span;
		KeplerGrowth growth_is;
		gboolean is_of_use;
	} cases[] = {
		{0.946, KEPLER_GROWTH_TOLD, TRUE},
		{0.944, KEPLER_GROWTH_OFF, FALSE},
		{1.054, KEPLER_GROWTH_TOLD, TRUE},
		{1.056, KEPLER_GROWTH_OFF, FALSE},
	};

	for (guint i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		KeplerReader reader;
		guint n_taken = 1 + i % 2;
		Node node = {-1, {0}, {0}};
		kepler_seconds_clear(&fixture->seconds);
		kepler_seconds_init(&fixture->seconds, &reader);
		fixture->taken = FALSE;
		for (guint j = 0; j <= n_taken; j++) {
			gdouble span = j < n_taken ? 1 : cases[i / 2].span;
			node_look(&node, node.at + span, 10 + j, 5);
			g_autofree gchar *page = node_print(&node);
			see_page(fixture, page,
				 j == 0	       ? KEPLER_GROWTH_FIRST
				 : j < n_taken ? KEPLER_GROWTH_TOLD
					       : cases[i / 2].growth_is);
		}
		g_assert_cmpfloat_with_epsilon(fixture->seconds.span, cases[i / 2].span, 1e-4);
		/* of the very first page nothing was written: a longer time makes it of no value */
		g_assert_cmpint(fixture->seconds.is_of_use, ==,
				cases[i / 2].is_of_use ||
					(n_taken == 1 && cases[i / 2].span > 1.055));
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	add("late", test_late);
	add("too-much", test_too_much);
	add("idle", test_idle);
	add("out-of-step", test_out_of_step);
	add("two-looks", test_two_looks);
	add("zone-starts-over", test_zone_starts_over);
	add("most-growth", test_most_growth);
	add("step-limits", test_step_limits);
	return g_test_run();
}
