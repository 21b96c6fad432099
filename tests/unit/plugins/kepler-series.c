/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* How much a process can have used since which page, at its limits. */

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "kepler/seconds.h"
#include "vmfc/vmfc-plugin.h"

#define NS_PER_S G_GINT64_CONSTANT(1000000000)
#define NAME	 "kepler_process_cpu_seconds_total"
#define JOULES	 "kepler_node_cpu_joules_total"
#define N_CPUS	 4
/* a process, and the same one in a container */
#define FIVE	       ((KeplerIdentity)5 << 32 | 1)
#define FIVE_ELSEWHERE ((KeplerIdentity)5 << 32 | 2)
#define SIX	       ((KeplerIdentity)6 << 32 | 1)

/* ------------------------------------------------------------------ series */

typedef struct {
	KeplerSeries series;
	KeplerSeconds seconds;
	KeplerReader reader;
	gdouble at; /* s, of the last page */
	gboolean is_taken;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	kepler_series_init(&fixture->series);
	kepler_seconds_init(&fixture->seconds, &fixture->reader);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	kepler_series_clear(&fixture->series);
	kepler_seconds_clear(&fixture->seconds);
}

/* A page of one process, and perhaps of another, which is not used yet. Returns: the growth */
static gdouble
show(Fixture *fixture, gint64 second, KeplerIdentity identity, gdouble value)
{
	kepler_series_begin(&fixture->series);
	g_assert_true(kepler_series_add(&fixture->series, identity, value));
	kepler_series_end(&fixture->series, second * NS_PER_S, N_CPUS);
	return fixture->series.growth;
}

static void
take(Fixture *fixture, gint64 second, KeplerIdentity identity, gdouble value)
{
	show(fixture, second, identity, value);
	kepler_series_take(&fixture->series, second * NS_PER_S);
}

/* What all CPUs give in the time, and 0.1 s that are rounded: that much is possible, and no more.
 */
static void
test_limit(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gdouble most = N_CPUS + 0.1;

	take(fixture, 1, FIVE, 4);
	g_assert_cmpfloat(show(fixture, 2, FIVE, 4 + most), ==, most);
	/* of a process that can not be the one before nothing is known, if it is not new */
	g_assert_cmpfloat(show(fixture, 2, FIVE, nextafter(4 + most, INFINITY)), ==, 0);
	g_assert_cmpfloat(show(fixture, 2, FIVE, 3.99), ==, 3.99);
	g_assert_cmpfloat(show(fixture, 2, SIX, most), ==, most);
	g_assert_cmpfloat(show(fixture, 2, SIX, nextafter(most, INFINITY)), ==, 0);
	g_assert_cmpfloat_with_epsilon(show(fixture, 3, SIX, 8.09), 8.09, 1e-12);
	g_assert_cmpfloat(show(fixture, 3, SIX, 8.11), ==, 0);
}

/* A process that was not shown may have used what the CPUs gave since it was. */
static void
test_limit_of_absent(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	take(fixture, 1, FIVE, 7);
	for (gint64 second = 2; second <= 5; second++) {
		gdouble most = N_CPUS * (gdouble)second + 0.1;
		take(fixture, second, SIX, 0.25);
		g_assert_cmpfloat_with_epsilon(show(fixture, second + 1, FIVE, 7 + most - 0.01),
					       most - 0.01, 1e-12);
		g_assert_cmpfloat(show(fixture, second + 1, FIVE, 7 + most + 0.01), ==, 0);
		/* nor is it another one that takes its pid, unless that began since the last page
		 */
		g_assert_cmpfloat(show(fixture, second + 1, FIVE, 6), ==, 0);
		g_assert_cmpfloat(show(fixture, second + 1, FIVE, 4), ==, 4);
	}
}

/* It may have changed its container meanwhile; one that has not is preferred. */
static void
test_absent_moves(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	KeplerSeries *series = &fixture->series;

	take(fixture, 1, FIVE, 7);
	take(fixture, 2, SIX, 0.25);
	g_assert_cmpfloat(show(fixture, 3, FIVE_ELSEWHERE, 7.5), ==, 0.5);
	kepler_series_begin(series);
	kepler_series_add(series, FIVE, 7);
	kepler_series_add(series, FIVE_ELSEWHERE, 7.25);
	kepler_series_end(series, 3 * NS_PER_S, N_CPUS);
	kepler_series_take(series, 3 * NS_PER_S);
	take(fixture, 4, SIX, 0.25);
	g_assert_cmpfloat(show(fixture, 5, FIVE, 7.5), ==, 0.5);
	g_assert_cmpfloat(show(fixture, 5, FIVE_ELSEWHERE, 7.5), ==, 0.25);
}

/* A process in another container is a change, even though it has used nothing. */
static void
test_changes(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	take(fixture, 1, FIVE, 7);
	show(fixture, 2, FIVE, 7);
	g_assert_false(fixture->series.has_changed);
	show(fixture, 2, FIVE_ELSEWHERE, 7);
	g_assert_true(fixture->series.has_changed);
	g_assert_cmpfloat(fixture->series.growth, ==, 0);
	show(fixture, 2, SIX, 7);
	g_assert_true(fixture->series.has_changed);
}

/* ----------------------------------------------------------------- seconds */

/* A page whose request was sent a second after the one before; its answer takes 5 ms. */
static void
see(Fixture *fixture, const gchar *page, KeplerGrowth growth_is, gdouble growth)
{
	KeplerSeconds *seconds = &fixture->seconds;
	gint64 sent = (gint64)((100 + ++fixture->at) * (gdouble)NS_PER_S);

	kepler_seconds_begin(seconds, fixture->is_taken, sent);
	g_assert_true(kepler_text_add(&seconds->page.text, page, strlen(page), NULL));
	g_assert_true(kepler_text_end(&seconds->page.text, KEPLER_END_TOLD, NULL));
	kepler_seconds_end(seconds, TRUE, sent + NS_PER_S / 200, 2);
	fixture->is_taken = seconds->is_of_use;
	g_assert_cmpint(seconds->growth_is, ==, growth_is);
	if (growth_is == KEPLER_GROWTH_TOLD)
		g_assert_cmpfloat_with_epsilon(seconds->growth, growth, 1e-9);
}

/* The same, of an answer that comes too late for its record. */
static void
see_late(Fixture *fixture, const gchar *page, gdouble growth)
{
	see(fixture, page, KEPLER_GROWTH_TOLD, growth);
	fixture->is_taken = FALSE;
}

/*
 * The first page may be up to 10 s old. So what a process has used of them is not new, but too much
 * for a window, and is not forgotten.
 */
static void
test_old_first_page(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint n_same = 0; n_same < 3; n_same++) {
		tear_down(fixture, NULL);
		memset(fixture, 0, sizeof(*fixture));
		set_up(fixture, NULL);
		see(fixture, NAME "{pid=\"1\"} 100\n", KEPLER_GROWTH_FIRST, 0);
		for (guint i = 0; i < n_same; i++)
			see(fixture, NAME "{pid=\"1\"} 100\n", KEPLER_GROWTH_UNKNOWN, 0);
		see(fixture, NAME "{pid=\"1\"} 107\n", KEPLER_GROWTH_TOO_MUCH, 0);
		g_assert_false(fixture->is_taken);
	}
}

/* Once Kepler has updated, a page is as old as the request of the one before at most. */
static void
test_age_of_page(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	see(fixture, JOULES " 1\n" NAME "{pid=\"1\"} 100\n", KEPLER_GROWTH_FIRST, 0);
	see(fixture, JOULES " 2\n" NAME "{pid=\"1\"} 100\n", KEPLER_GROWTH_TOLD, 0);
	/* two CPUs give 4.1 s since the first page: it is another process */
	see(fixture, JOULES " 3\n" NAME "{pid=\"1\"} 105\n", KEPLER_GROWTH_TOLD, 0);
	see(fixture, JOULES " 4\n" NAME "{pid=\"1\"} 105.5\n", KEPLER_GROWTH_TOLD, 0.5);
}

/* Whether the pages before were used or not. */
static void
test_age_of_late_page(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	see(fixture, NAME "{pid=\"1\"} 100\n", KEPLER_GROWTH_FIRST, 0);
	see(fixture, NAME "{pid=\"1\"} 100.5\n", KEPLER_GROWTH_TOLD, 0.5);
	see_late(fixture, NAME "{pid=\"1\"} 101\n", 0.5);
	see_late(fixture, NAME "{pid=\"1\"} 101.5\n", 1);
	see(fixture, NAME "{pid=\"1\"} 106.5\n", KEPLER_GROWTH_TOLD, 1);
}

/* What was seen since the page that was used last counts, also if the very last page tells nothing.
 */
static void
test_unchanged_after_late(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	see(fixture, JOULES " 1\n" NAME "{pid=\"1\"} 100\n", KEPLER_GROWTH_FIRST, 0);
	see_late(fixture, JOULES " 2\n" NAME "{pid=\"1\"} 100\n", 0);
	see(fixture, JOULES " 2\n" NAME "{pid=\"1\"} 100\n", KEPLER_GROWTH_TOLD, 0);
	see(fixture, JOULES " 2\n" NAME "{pid=\"1\"} 100\n", KEPLER_GROWTH_NO_LOOK, 0);
	see(fixture, NAME "{pid=\"1\"} 100.25\n", KEPLER_GROWTH_TOLD, 0.25);
	see_late(fixture, NAME "{pid=\"1\"} 100.5\n", 0.25);
	see(fixture, NAME "{pid=\"1\"} 100.5\n", KEPLER_GROWTH_TOLD, 0.25);
	see(fixture, NAME "{pid=\"1\"} 100.5\n", KEPLER_GROWTH_UNKNOWN, 0);
}

/* What the node says of the time between the updates is the time for which the CPUs can give. */
static void
test_timed_limit(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const struct {
		gdouble span;
		gdouble growth;
		KeplerGrowth growth_is;
	} cases[] = {
		{1.05, 2.18, KEPLER_GROWTH_TOLD}, {1.05, 2.20, KEPLER_GROWTH_TOO_MUCH},
		{1, 2.09, KEPLER_GROWTH_TOLD},	  {1, 2.11, KEPLER_GROWTH_TOO_MUCH},
		{0.96, 2.09, KEPLER_GROWTH_TOLD},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gdouble joules = 1;
		gdouble used = 100;
		tear_down(fixture, NULL);
		memset(fixture, 0, sizeof(*fixture));
		set_up(fixture, NULL);
		for (guint n = 0; n < 3; n++) {
			joules += n < 2 ? 1 : cases[i].span;
			used += n < 2 ? 1 : cases[i].growth;
			g_autofree gchar *page = g_strdup_printf(
				JOULES "{zone=\"a\"} %.9f\n" JOULES "{zone=\"b\"} %.9f\n"
				       "kepler_node_cpu_watts{zone=\"a\"} 2\n"
				       "kepler_node_cpu_watts{zone=\"b\"} 3\n" NAME
				       "{pid=\"1\"} %.3f\n" NAME "{pid=\"2\"} %.3f\n",
				2 * joules, 3 * joules, used / 2, used / 2);
			see(fixture, page,
			    n == 0   ? KEPLER_GROWTH_FIRST
			    : n == 1 ? KEPLER_GROWTH_TOLD
				     : cases[i].growth_is,
			    n < 2 ? 1 : cases[i].growth);
		}
		g_assert_cmpfloat_with_epsilon(fixture->seconds.span, cases[i].span, 1e-6);
	}
}

/* The reader of the thread notes when the answer ended, in the unit of its begin. */
static void
test_reader(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar page[] = NAME "{pid=\"1\"} 1\n";
	gint64 before = g_get_monotonic_time() * 1000;

	for (guint i = 0; i < 2; i++) {
		fixture->reader.begin(fixture->reader.user_data, i > 0, before);
		g_assert_cmpint(fixture->seconds.sent, ==, before);
		g_assert_cmpuint(fixture->seconds.n_taken, ==, i);
		g_assert_true(kepler_text_add(fixture->reader.text, page, strlen(page), NULL));
		g_assert_true(kepler_text_end(fixture->reader.text, KEPLER_END_TOLD, NULL));
		fixture->reader.end(fixture->reader.user_data, i == 0);
		g_assert_cmpint(fixture->seconds.ended, >=, before);
		g_assert_cmpint(fixture->seconds.ended, <=, g_get_monotonic_time() * 1000);
		g_assert_cmpint(fixture->seconds.is_usable, ==, i == 0);
		g_assert_cmpuint(fixture->seconds.n_cpus, ==, (guint)sysconf(_SC_NPROCESSORS_ONLN));
	}
}

/* A page has a million samples at most, those that do not count among them. */
static void
test_most_samples(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const lines[] = {NAME "{pid=\"0\"} 1\n", NAME "{pid=\"7\"} 1\n"};
	KeplerPage *page = &fixture->seconds.page;

	for (guint i = 0; i < 2; i++) {
		kepler_page_begin(page);
		page->n_samples = 1024 * 1024 - 1;
		g_assert_true(kepler_text_add(&page->text, lines[i], strlen(lines[i]), NULL));
		g_autoptr(GError) error = NULL;
		g_assert_false(
			kepler_text_add(&page->text, lines[1 - i], strlen(lines[1 - i]), &error));
		g_assert_cmpstr(error->message, ==,
				"a line of the page exceeds the maximum number of processes");
	}
}

/* Zones are told apart by the names of their labels, too. */
static void
test_zone_labels(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const lines[] = {
		JOULES "{zone=\"a\",path=\"b\"} 1", JOULES "{zone=\"b\",path=\"a\"} 1",
		JOULES "{path=\"b\",zone=\"a\"} 2", JOULES "{zone=\"a\"} 1", JOULES " 1"};
	static const guint n_zones[] = {1, 2, 2, 3, 4};
	KeplerLooks looks = {.seed = 5};

	kepler_looks_begin(&looks);
	for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
		kepler_looks_add(&looks, vmfc_scan_new(lines[i], strlen(lines[i])));
		g_assert_cmpuint(looks.now.n_zones, ==, n_zones[i]);
	}
	g_assert_cmpfloat(looks.now.zones[0].joules, ==, 2);
}

#define ADD(path, test) g_test_add("/kepler-series/" path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("limit", test_limit);
	ADD("limit-of-absent", test_limit_of_absent);
	ADD("absent-moves", test_absent_moves);
	ADD("changes", test_changes);
	ADD("old-first-page", test_old_first_page);
	ADD("age-of-page", test_age_of_page);
	ADD("age-of-late-page", test_age_of_late_page);
	ADD("unchanged-after-late", test_unchanged_after_late);
	ADD("timed-limit", test_timed_limit);
	ADD("reader", test_reader);
	ADD("most-samples", test_most_samples);
	ADD("zone-labels", test_zone_labels);
	return g_test_run();
}
