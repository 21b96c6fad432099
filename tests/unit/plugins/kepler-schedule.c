/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* When Kepler's page is requested, what its options may be, and what is said of a failure. */

#include "kepler-scraper.h"

#define N_COLUMNS 4

/* The source that follows from options. */
static void
test_options(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *options[5];
		gdouble interval;
		gdouble grace;
		gdouble time_limit; /* s */
		const gchar *more_time;
		guint64 size_limit;
		guint64 period; /* ticks */
	} cases[] = {
		{{NULL}, 1, 0.8, 0.75, "a longer --interval, or --grace,", 256 << 20, 1},
		{{"time_limit", "0.7"},
		 1,
		 0.8,
		 0.7,
		 "--set kepler.time_limit=SECONDS",
		 256 << 20,
		 1},
		{{"time_limit", "0.75"},
		 1,
		 0.8,
		 0.75,
		 "a longer --interval, or --grace,",
		 256 << 20,
		 1},
		{{"time_limit", "0.001", "size_limit", "1"},
		 1,
		 0.8,
		 0.001,
		 "--set kepler.time_limit=SECONDS",
		 1 << 20,
		 1},
		{{"time_limit", "3600", "size_limit", "1048576"},
		 1,
		 8000,
		 3600,
		 "--set kepler.time_limit=SECONDS",
		 G_GUINT64_CONSTANT(1) << 40,
		 1},
		{{NULL}, 0.1, 0.08, 0.075, "a longer --interval, or --grace,", 256 << 20, 10},
		{{"scrape_interval", "0.001"},
		 0.1,
		 0.08,
		 0.075,
		 "a longer --interval, or --grace,",
		 256 << 20,
		 1},
		{{"scrape_interval", "0.001"},
		 5,
		 4,
		 3.75,
		 "a longer --interval, or --grace,",
		 256 << 20,
		 1},
		{{"scrape_interval", "3600"},
		 1,
		 0.8,
		 0.75,
		 "a longer --interval, or --grace,",
		 256 << 20,
		 3600},
		{{"scrape_interval", "2.5"},
		 1,
		 0.8,
		 0.75,
		 "a longer --interval, or --grace,",
		 256 << 20,
		 3},
		{{NULL}, 0.3, 0.24, 0.225, "a longer --interval, or --grace,", 256 << 20, 4},
		{{NULL}, 5, 4, 3.75, "a longer --interval, or --grace,", 256 << 20, 1},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		Fixture run;
		g_test_message("case %u", i);
		open_run(&run, cases[i].options, cases[i].interval, cases[i].grace, &error);
		g_assert_no_error(error);
		g_assert_cmpstr(scraper.source->plugin, ==, "kepler");
		g_assert_cmpstr(scraper.source->url, ==, "http://localhost:28282/metrics");
		g_assert_cmpfloat_with_epsilon((gdouble)scraper.source->time_limit /
						       (gdouble)NS_PER_S,
					       cases[i].time_limit, 1e-9);
		g_assert_cmpstr(scraper.source->more_time, ==, cases[i].more_time);
		g_assert_cmpuint(scraper.source->size_limit, ==, cases[i].size_limit);
		for (guint column = 0; column < N_COLUMNS; column++)
			g_assert_cmpuint(vmfc_context_get_period(run.context, column), ==,
					 cases[i].period);
		close_run(&run);
	}
}

/* Each text to the part of the source that it is for. */
static void
test_texts(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const options[] = {"url",	  "http://x/",	 "token_file", "a token",
					       "ca_file", "authorities", NULL};
	g_autoptr(GError) error = NULL;
	Fixture run;

	open_run(&run, options, 1, 0.8, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(scraper.source->url, ==, "http://x/");
	g_assert_cmpstr(scraper.source->token_file, ==, "a token");
	g_assert_cmpstr(scraper.source->ca_file, ==, "authorities");
	close_run(&run);
}

static void
test_wrong_options(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *options[3];
		const gchar *sentence;
	} cases[] = {
		{{"time_limit", "0.000999999"},
		 "option kepler.time_limit is 0.000999999, but must be from 0.001 to 3600 seconds"},
		{{"time_limit", "3600.000000001"},
		 "option kepler.time_limit is 3600, but must be from 0.001 to 3600 seconds"},
		{{"size_limit", "0"}, "option kepler.size_limit is 0, but must be *"},
		{{"size_limit", "1048577"}, "option kepler.size_limit is 1048577, but must be *"},
		{{"scrape_interval", "0.000999999"},
		 "option kepler.scrape_interval is 0.000999999, but must be *"},
		{{"scrape_interval", "3600.000000001"},
		 "option kepler.scrape_interval is 3600, but must be *"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		Fixture run;
		g_assert_false(open_run(&run, cases[i].options, 1, 0.8, &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		g_test_message("%s", error->message);
		g_assert_true(g_pattern_match_simple(cases[i].sentence, error->message));
		close_run(&run);
	}
}

/* The ticks from @from to @to at which the page was requested, as a text. */
static gchar *
list_requests(Fixture *fixture, guint64 from, guint64 to, gboolean absent)
{
	GString *list = g_string_new(NULL);

	for (guint64 tick = from; tick <= to; tick++) {
		g_autoptr(GError) error = NULL;
		VmfcAnswer is = sample(fixture, tick, &error);
		g_assert_no_error(error);
		g_assert_cmpint(is == VMFC_ANSWER_PENDING, ==, is != VMFC_ANSWER_NOT_DUE);
		if (is != VMFC_ANSWER_PENDING)
			continue;
		g_assert_cmpuint(scraper.tick, ==, tick);
		g_string_append_printf(list, "%" G_GUINT64_FORMAT " ", tick);
		answer(g_error_new_literal(VMFC_ERROR, VMFC_ERROR_IO, "x"), absent);
	}
	return g_string_free(list, FALSE);
}

/* Where no server listens, each pause is longer, up to 10 s; another answer ends that. */
static void
test_pauses(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *there = list_requests(fixture, 0, 3, FALSE);
	g_assert_cmpstr(there, ==, "0 1 2 3 ");
	g_autofree gchar *absent = list_requests(fixture, 4, 56, TRUE);
	g_assert_cmpstr(absent, ==, "4 6 10 18 29 40 51 ");
	g_autofree gchar *back = list_requests(fixture, 57, 65, FALSE);
	g_assert_cmpstr(back, ==, "62 63 64 65 ");
	g_autofree gchar *again = list_requests(fixture, 66, 72, TRUE);
	g_assert_cmpstr(again, ==, "66 68 72 ");
}

/* The same in ticks that are shorter than the time between two requests, and longer than a pause.
 */
static void
test_periods(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const two[] = {"scrape_interval", "2", NULL};
	Fixture run;

	g_assert_true(open_run(&run, two, 0.5, 0.4, NULL));
	g_autofree gchar *there = list_requests(&run, 3, 12, FALSE);
	g_assert_cmpstr(there, ==, "3 7 11 ");
	/* at most 10 s, which are five times 2 s */
	g_autofree gchar *absent = list_requests(&run, 13, 110, TRUE);
	g_assert_cmpstr(absent, ==, "15 23 39 63 87 ");
	close_run(&run);
	g_assert_true(open_run(&run, NULL, 20, 4, NULL));
	g_autofree gchar *slow = list_requests(&run, 0, 3, TRUE);
	g_assert_cmpstr(slow, ==, "0 1 2 3 ");
	close_run(&run);
}

/* While a request is under way, the next one fails, and the one after it is not late. */
static void
test_busy(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(sample(fixture, 0, NULL), ==, VMFC_ANSWER_PENDING);
	scraper.is_busy = TRUE;
	g_assert_cmpint(sample(fixture, 1, &error), ==, VMFC_ANSWER_FAILED);
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_cmpstr(error->message, ==, "the previous request is not complete yet");
	scraper.is_busy = FALSE;
	g_assert_cmpint(sample(fixture, 2, NULL), ==, VMFC_ANSWER_PENDING);
	g_assert_cmpuint(scraper.n_asked, ==, 2);
}

/* --------------------------------------------------------------- failures */

/* What a check, or the end of a run without any answer, says of the columns. */
static void
test_reports(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gint code; /* -1: there is an answer */
		gboolean absent;
		VmfcState state;
		gboolean says_how;
	} cases[] = {
		{VMFC_ERROR_IO, TRUE, VMFC_STATE_UNSUPPORTED, TRUE},
		{VMFC_ERROR_IO, FALSE, VMFC_STATE_UNSUPPORTED, FALSE},
		{VMFC_ERROR_FORMAT, FALSE, VMFC_STATE_UNSUPPORTED, TRUE},
		{VMFC_ERROR_DENIED, FALSE, VMFC_STATE_DENIED, FALSE},
		{VMFC_ERROR_UNSUPPORTED, FALSE, VMFC_STATE_UNSUPPORTED, FALSE},
		{-1, FALSE, VMFC_STATE_OK, FALSE},
	};

	for (guint i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		gint code = cases[i / 2].code;
		GError *failure = code >= 0 ? g_error_new_literal(VMFC_ERROR, code, "why") : NULL;
		gboolean is_check = i % 2 == 0;
		Fixture run;
		forget_scraper();
		scraper.answers_at_once = is_check;
		if (is_check)
			scraper.answer = (KeplerAnswer){.error = failure,
							.absent = cases[i / 2].absent};
		open_run(&run, NULL, 1, 0.8, &error);
		g_assert_no_error(error);
		if (!is_check) {
			/* the last answer counts, also if it came too late for its record */
			run.is_late = TRUE;
			g_assert_cmpint(sample(&run, 0, NULL), ==, VMFC_ANSWER_PENDING);
			answer(g_error_new_literal(VMFC_ERROR, VMFC_ERROR_FORMAT, "before"), FALSE);
			g_assert_cmpint(sample(&run, 1, NULL), ==, VMFC_ANSWER_PENDING);
			answer(failure, cases[i / 2].absent);
			vmfc_context_stop(run.context);
		}
		for (guint column = 0; column < N_COLUMNS; column++)
			assert_state(&run, column, cases[i / 2].state, code >= 0 ? "why" : NULL,
				     cases[i / 2].says_how ? "Run Kepler 0.10 or newer *" : NULL);
		close_run(&run);
	}
}

/* What to do when no server listens stands in the error, which keeps its kind. */
static void
test_hint(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (gint code = VMFC_ERROR_UNSUPPORTED; code <= VMFC_ERROR_IO; code++) {
		for (gboolean absent = FALSE; absent <= TRUE; absent++) {
			guint64 tick = 100 * (guint64)code + 50 * (guint64)absent;
			g_assert_cmpint(sample(fixture, tick, NULL), ==, VMFC_ANSWER_PENDING);
			answer(g_error_new_literal(VMFC_ERROR, code, "why"), absent);
			g_assert_error(fixture->error, VMFC_ERROR, code);
			g_assert_true(g_pattern_match_simple(
				absent ? "why. Is Kepler running in this machine? *" : "why",
				fixture->error->message));
		}
	}
}

#define ADD(path, test) g_test_add("/kepler-schedule/" path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("options", test_options);
	ADD("texts", test_texts);
	ADD("wrong-options", test_wrong_options);
	ADD("pauses", test_pauses);
	ADD("periods", test_periods);
	ADD("busy", test_busy);
	ADD("reports", test_reports);
	ADD("hint", test_hint);
	return g_test_run();
}
