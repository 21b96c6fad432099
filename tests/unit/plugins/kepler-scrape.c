/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The thread that requests Kepler's page: what it is told, and when it gives up. */

#include "kepler/scrape.h"

#include <string.h>

#define NS_PER_S G_GINT64_CONSTANT(1000000000)
#define HOUR	 (3600 * NS_PER_S)

/* In place of the network: a request lasts until the test or its time ends it. */
static struct {
	gint n_begun; /* atomic, like the next ones */
	gint n_allowed;
	gint n_cancelled;
} network;

#pragma GCC visibility push(default)
GError *
__wrap_kepler_request_run(KeplerRequest *request, gboolean *absent);
#pragma GCC visibility pop

GError *
__wrap_kepler_request_run(KeplerRequest *request, gboolean *absent)
{
	gint n = g_atomic_int_add(&network.n_begun, 1) + 1;

	while (g_atomic_int_get(&network.n_allowed) < n &&
	       !g_cancellable_is_cancelled(request->cancellable))
		g_usleep(100);
	*absent = n % 2 == 0;
	if (!g_cancellable_is_cancelled(request->cancellable))
		return NULL;
	g_atomic_int_inc(&network.n_cancelled);
	return g_error_new_literal(VMFC_ERROR, VMFC_ERROR_IO, "given up");
}

typedef struct {
	KeplerScraper *scraper;
	KeplerText text;
	guint n_answered;
	/* what the reader was told; read only between an answer and the next request */
	guint n_begun;
	guint n_good;
	guint n_bad;
	gboolean is_taken;
	gint64 sent;
} Fixture;

static void
reader_begin(gpointer user_data, gboolean taken, gint64 now)
{
	Fixture *fixture = user_data;

	fixture->n_begun++;
	fixture->is_taken = taken;
	fixture->sent = now;
}

static void
reader_end(gpointer user_data, gboolean good)
{
	Fixture *fixture = user_data;

	*(good ? &fixture->n_good : &fixture->n_bad) += 1;
}

static void
count_answer(gpointer user_data)
{
	((Fixture *)user_data)->n_answered++;
}

static void
open_scraper(Fixture *fixture, gint64 time_limit)
{
	g_autoptr(GError) error = NULL;
	const KeplerReader reader = {&fixture->text, reader_begin, reader_end, fixture};
	KeplerSource *source = g_new0(KeplerSource, 1);

	memset(fixture, 0, sizeof(*fixture));
	memset(&network, 0, sizeof(network));
	source->plugin = "kepler";
	source->url = g_strdup("http://me:secret@there:81/x?y");
	source->token_file = g_strdup("");
	source->ca_file = g_strdup("");
	source->time_limit = time_limit;
	fixture->scraper = kepler_scraper_new(source, &reader, count_answer, fixture, &error);
	g_assert_no_error(error);
	g_assert_true(kepler_scraper_start(fixture->scraper, &error));
	g_assert_no_error(error);
}

static void
allow(gint n)
{
	g_atomic_int_set(&network.n_allowed, n);
}

/* Until the answer is there. */
static void
wait_for_answer(Fixture *fixture, guint n)
{
	while (fixture->n_answered < n)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(fixture->n_answered, ==, n);
}

/* Each answer is that of its tick, and the next request is told whether it was used. */
static void
test_answers(void)
{
	Fixture fixture;

	open_scraper(&fixture, HOUR);
	for (guint i = 1; i <= 6; i++) {
		KeplerAnswer answer;
		gint64 before = g_get_monotonic_time() * 1000;
		allow((gint)i);
		g_assert_true(kepler_scraper_ask(fixture.scraper, 7 * i));
		wait_for_answer(&fixture, i);
		kepler_scraper_steal_answer(fixture.scraper, &answer);
		gdouble longest = (gdouble)(g_get_monotonic_time() * 1000 + 1000 - before) / 1e9;
		g_assert_no_error(answer.error);
		g_assert_cmpuint(answer.tick, ==, 7 * i);
		g_assert_cmpint(answer.absent, ==, i % 2 == 0);
		g_assert_cmpint(answer.sent, >=, before);
		g_assert_cmpint(answer.sent, ==, fixture.sent);
		g_assert_cmpfloat(answer.duration, >, 0);
		g_assert_cmpfloat(answer.duration, <=, longest);
		g_assert_cmpuint(fixture.n_begun, ==, i);
		g_assert_cmpuint(fixture.n_good, ==, i);
		g_assert_cmpint(fixture.is_taken, ==, i == 3 || i == 5);
		if (i % 2 == 0)
			kepler_scraper_take(fixture.scraper);
	}
	kepler_scraper_free(fixture.scraper);
}

/* Another request while one is under way cancels that, which still has its own answer. */
static void
test_busy(void)
{
	Fixture fixture;
	KeplerAnswer answer;

	open_scraper(&fixture, HOUR);
	for (guint i = 1; i <= 3; i++) {
		g_assert_true(kepler_scraper_ask(fixture.scraper, i));
		g_assert_false(kepler_scraper_ask(fixture.scraper, 90 + i));
		wait_for_answer(&fixture, i);
		/* nobody has taken the answer yet */
		g_assert_false(kepler_scraper_ask(fixture.scraper, 90 + i));
		kepler_scraper_steal_answer(fixture.scraper, &answer);
		g_assert_error(answer.error, VMFC_ERROR, VMFC_ERROR_IO);
		g_assert_cmpuint(answer.tick, ==, i);
		g_clear_error(&answer.error);
		g_assert_cmpuint(fixture.n_bad, ==, i);
	}
	g_assert_cmpint(network.n_begun, ==, 3);
	/* what was cancelled then is not now */
	g_assert_true(kepler_scraper_ask(fixture.scraper, 4));
	allow(4);
	wait_for_answer(&fixture, 4);
	kepler_scraper_steal_answer(fixture.scraper, &answer);
	g_assert_no_error(answer.error);
	g_assert_cmpuint(fixture.n_good, ==, 1);
	kepler_scraper_free(fixture.scraper);
}

/* A request ends with its time, each of them, and not before. */
static void
test_time_limit(void)
{
	Fixture fixture;
	KeplerAnswer answer;

	open_scraper(&fixture, NS_PER_S / 1000);
	for (guint i = 1; i <= 3; i++) {
		g_assert_true(kepler_scraper_ask(fixture.scraper, i));
		wait_for_answer(&fixture, i);
		kepler_scraper_steal_answer(fixture.scraper, &answer);
		g_assert_error(answer.error, VMFC_ERROR, VMFC_ERROR_IO);
		g_clear_error(&answer.error);
	}
	kepler_scraper_free(fixture.scraper);
	open_scraper(&fixture, HOUR);
	g_assert_true(kepler_scraper_ask(fixture.scraper, 1));
	while (g_atomic_int_get(&network.n_begun) == 0)
		g_usleep(100);
	for (guint i = 0; i < 100; i++)
		g_main_context_iteration(NULL, FALSE);
	allow(1);
	wait_for_answer(&fixture, 1);
	kepler_scraper_steal_answer(fixture.scraper, &answer);
	g_assert_no_error(answer.error);
	kepler_scraper_free(fixture.scraper);
}

/* Whoever ends waits for no answer, whether a request is under way, or its answer was not taken. */
static void
test_end(void)
{
	Fixture fixture;

	for (guint i = 0; i < 3; i++) {
		open_scraper(&fixture, HOUR);
		if (i > 0)
			g_assert_true(kepler_scraper_ask(fixture.scraper, 1));
		while (i > 0 && g_atomic_int_get(&network.n_begun) == 0)
			g_usleep(100);
		if (i == 2) {
			kepler_scraper_give_up(fixture.scraper);
			wait_for_answer(&fixture, 1);
		}
		kepler_scraper_free(fixture.scraper);
		g_assert_cmpint(network.n_cancelled, ==, i > 0);
		g_assert_cmpuint(fixture.n_bad, ==, i > 0);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/kepler-scrape/answers", test_answers);
	g_test_add_func("/kepler-scrape/busy", test_busy);
	g_test_add_func("/kepler-scrape/time-limit", test_time_limit);
	g_test_add_func("/kepler-scrape/end", test_end);
	return g_test_run();
}
