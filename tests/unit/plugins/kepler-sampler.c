/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What answers of Kepler become: the columns, why they are missing, and what is told of the run. */

#include <math.h>

#include "kepler-scraper.h"
#include "kepler/seconds.h"

#define NAME "kepler_process_cpu_seconds_total"
#define NODE                                                                                       \
	"kepler_node_cpu_joules_total{zone=\"package\"} %.3f\n"                                    \
	"kepler_node_cpu_joules_total{zone=\"core\"} %.3f\n"                                       \
	"kepler_node_cpu_watts{zone=\"package\"} 7\nkepler_node_cpu_watts{zone=\"core\"} 5\n"

enum {
	TOTAL,
	DELTA,
	RATE,
	SCRAPE_SECONDS,
	N_COLUMNS,
};

/* Answers with a page, whose request was sent at a time; its transfer takes 5 ms. */
static void
answer_page(Fixture *fixture, gdouble at, const gchar *page)
{
	gint64 sent = 100 * NS_PER_S + (gint64)(at * (gdouble)NS_PER_S);

	g_assert_cmpint(sample(fixture, (guint64)(10 * at), NULL), ==, VMFC_ANSWER_PENDING);
	scraper.reader.begin(scraper.reader.user_data, scraper.is_taken, sent);
	scraper.is_taken = FALSE;
	g_assert_true(kepler_text_add(scraper.reader.text, page, strlen(page), NULL));
	g_assert_true(kepler_text_end(scraper.reader.text, KEPLER_END_TOLD, NULL));
	kepler_seconds_end(scraper.reader.user_data, TRUE, sent + 5000000, 2);
	scraper.answer.sent = sent;
	scraper.answer.duration = 0.005;
	answer(NULL, FALSE);
	g_assert_no_error(fixture->error);
}

/* A process with so much CPU time, and a node that draws 7 and 5 W and updates at each request. */
static void
answer_timed(Fixture *fixture, gdouble at, gdouble seconds)
{
	g_autofree gchar *page = g_strdup_printf(NODE NAME "{pid=\"1\"} %.3f\n", 7 * (at + 1),
						 5 * (at + 1), seconds);
	answer_page(fixture, at, page);
}

static void
answer_untimed(Fixture *fixture, gdouble at, gdouble seconds)
{
	g_autofree gchar *page = g_strdup_printf(NAME "{pid=\"1\"} %.3f\n", seconds);
	answer_page(fixture, at, page);
}

/* NAN: missing */
static void
assert_values(const Fixture *fixture, gdouble total, gdouble delta, gdouble rate)
{
	gdouble values[] = {total, delta, rate, 0.005};

	for (guint i = 0; i < N_COLUMNS; i++) {
		g_assert_cmpint(vmfc_record_has(&fixture->context->record, i), ==,
				!isnan(values[i]));
		if (!isnan(values[i]))
			g_assert_cmpfloat_with_epsilon(
				vmfc_record_get_float(&fixture->context->record, i), values[i],
				1e-9);
	}
}

static void
assert_fact(const Fixture *fixture, guint column, const gchar *key, const gchar *value)
{
	const VmfcDeclaration *declaration = fixture->context->declarations->pdata[column];

	for (guint i = 0; declaration->facts != NULL && i < declaration->facts->len; i += 2) {
		if (!g_str_equal(declaration->facts->pdata[i], key))
			continue;
		g_assert_cmpstr(declaration->facts->pdata[i + 1], ==, value);
		return;
	}
	g_assert_null(value);
}

/* The growth is divided by the time that it belongs to, here half a second less than the window. */
static void
test_values(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	answer_timed(fixture, 1, 40);
	assert_values(fixture, 40, NAN, NAN);
	assert_fact(fixture, TOTAL, "metric", NAME);
	answer_timed(fixture, 3, 41.5);
	assert_values(fixture, 41.5, 1.5, 0.75);
	answer_timed(fixture, 4, 41.5);
	assert_values(fixture, 41.5, 0, 0);
	g_assert_cmpuint(fixture->n_finished, ==, 3);
	g_assert_cmpuint(scraper.n_taken, ==, 3);
}

/* What no page says is missing with the reason, and what one says is not. */
static void
test_reasons(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar idle[] = "kepler_process_bpf_cpu_time_ms_total{pid=\"1\"} 5\n";
	static const gchar joules[] = "kepler_node_cpu_joules_total 5\n" NAME "{pid=\"1\"} 42\n";
	static const gchar *const first = "the first answer cannot be compared *";

	answer_untimed(fixture, 0, 40);
	for (guint i = DELTA; i <= RATE; i++)
		assert_state(fixture, i, VMFC_STATE_OK, first, NULL);
	assert_state(fixture, TOTAL, VMFC_STATE_OK, NULL, NULL);
	answer_untimed(fixture, 1, 40);
	assert_values(fixture, 40, NAN, NAN);
	for (guint i = DELTA; i <= RATE; i++)
		assert_state(fixture, i, VMFC_STATE_UNSUPPORTED, "Kepler's page is unchanged *",
			     "Include node in *");
	assert_state(fixture, TOTAL, VMFC_STATE_OK, NULL, NULL);
	assert_state(fixture, SCRAPE_SECONDS, VMFC_STATE_OK, NULL, NULL);
	answer_untimed(fixture, 2, 41);
	assert_values(fixture, 41, 1, 0.5);
	for (guint i = 0; i < N_COLUMNS; i++)
		assert_state(fixture, i, VMFC_STATE_OK, NULL, NULL);
	answer_page(fixture, 3, joules);
	answer_page(fixture, 4, joules);
	assert_state(fixture, DELTA, VMFC_STATE_UNSUPPORTED, "Kepler has not read the processes *",
		     "Set monitor: {interval: 0s, staleness: 0s} *");
	answer_page(fixture, 5,
		    NAME "{pid=\"1\"} 46\n" NAME "{pid=\"2\"} 4\n" NAME "{pid=\"3\"} 4\n");
	assert_values(fixture, 54, NAN, NAN);
	assert_state(fixture, DELTA, VMFC_STATE_IMPLAUSIBLE, "the CPU seconds of the processes *",
		     "If this Kepler runs on this machine: Set monitor: *");
	assert_state(fixture, TOTAL, VMFC_STATE_OK, NULL, NULL);
	answer_page(fixture, 6, idle);
	assert_values(fixture, NAN, NAN, NAN);
	for (guint i = TOTAL; i <= RATE; i++)
		assert_state(fixture, i, VMFC_STATE_IMPLAUSIBLE, "this release of Kepler *",
			     "Use Kepler 0.10 *");
	assert_state(fixture, SCRAPE_SECONDS, VMFC_STATE_OK, NULL, NULL);
	/* the reason of an answer that does not come is that of the answer */
	g_assert_cmpint(sample(fixture, 70, NULL), ==, VMFC_ANSWER_PENDING);
	answer(g_error_new_literal(VMFC_ERROR, VMFC_ERROR_IO, "gone"), FALSE);
	g_assert_error(fixture->error, VMFC_ERROR, VMFC_ERROR_IO);
	for (guint i = 0; i < N_COLUMNS; i++)
		assert_state(fixture, i, VMFC_STATE_OK, NULL, NULL);
}

static void
test_out_of_step(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	/* the updates are 1 s apart, as the power says, and the answers 2 s */
	answer_timed(fixture, 1, 40);
	answer_timed(fixture, 2, 41);
	g_autofree gchar *page = g_strdup_printf(NODE NAME "{pid=\"1\"} 42\n", 28.0, 20.0);
	answer_page(fixture, 4, page);
	assert_values(fixture, 42, NAN, NAN);
	assert_state(fixture, RATE, VMFC_STATE_UNSUPPORTED,
		     "Kepler's page contains values from shortly before *", "Set monitor: *");
	/* that page is not what the next growth counts from */
	g_assert_cmpuint(scraper.n_taken, ==, 2);
	answer_timed(fixture, 5, 44);
	assert_values(fixture, 44, 3, 1);
	/* but it is an update that was seen */
	vmfc_context_stop(fixture->context);
	assert_fact(fixture, TOTAL, "refresh_seen", "every 1.5 s (3 changes in 4 answers)");
}

/* An answer that comes after its record is in none, and the next one has its growth. */
static void
test_late(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	answer_untimed(fixture, 0, 40);
	fixture->is_late = TRUE;
	answer_untimed(fixture, 1, 41);
	g_assert_cmpuint(fixture->n_finished, ==, 2);
	g_assert_cmpuint(scraper.n_taken, ==, 1);
	for (guint i = 0; i < N_COLUMNS; i++)
		g_assert_false(vmfc_record_has(&fixture->context->record, i));
	fixture->is_late = FALSE;
	answer_untimed(fixture, 2, 42);
	assert_values(fixture, 42, 2, 1);
	answer_untimed(fixture, 3, 42.5);
	vmfc_context_stop(fixture->context);
	assert_fact(fixture, TOTAL, "refresh_seen", "every 1 s (2 changes in 3 answers)");
}

/* How often Kepler read the processes, and how many of these times its page gave. */
static void
test_refresh(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *unchanged = g_strdup_printf(NODE NAME "{pid=\"1\"} 40.500\n", 21.0, 15.0);

	/* the first says nothing of a change, and the third that there is none */
	answer_timed(fixture, 1, 40);
	answer_timed(fixture, 2, 40.5);
	answer_page(fixture, 3, unchanged);
	answer_timed(fixture, 4, 41);
	answer_timed(fixture, 7, 42);
	vmfc_context_stop(fixture->context);
	assert_fact(fixture, TOTAL, "refresh_seen", "every 2.5 s (3 changes in 5 answers)");
	assert_fact(fixture, DELTA, "looks_timed", "by Kepler's page in 3 of 3 windows");
}

/* With a single change nothing is known of it; with a single answer nothing is told. */
static void
test_few_changes(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const texts[] = {
		NULL,
		NULL,
		"unknown (1 changes in 2 answers within 1.5 s)",
		"unknown (1 changes in 3 answers within 4 s)",
	};
	gdouble at[] = {0, 1.5, 4};

	for (guint n = 0; n < G_N_ELEMENTS(texts); n++) {
		close_run(fixture);
		set_up(fixture, NULL);
		for (guint i = 0; i < n; i++)
			answer_untimed(fixture, at[i], MIN(40 + i, 41));
		vmfc_context_stop(fixture->context);
		assert_fact(fixture, TOTAL, "refresh_seen", texts[n]);
		assert_fact(fixture, DELTA, "looks_timed",
			    n < 2 ? NULL : "by Kepler's page in 0 of 1 windows");
	}
}

/* Kepler's page not saying when it read the processes is warned of once, when that is certain. */
static void
test_untimed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint first_timed = 0; first_timed < 2; first_timed++) {
		close_run(fixture);
		set_up(fixture, NULL);
		if (first_timed > 0) {
			answer_timed(fixture, 0, 39);
			answer_timed(fixture, 1, 39.5);
		}
		answer_untimed(fixture, 2, 40);
		answer_untimed(fixture, 3, 41);
		answer_untimed(fixture, 4, 42);
		if (first_timed == 0)
			g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING,
					      "Kepler's page does not say when Kepler read the "
					      "processes, *Include node in *, or: Set monitor: *");
		answer_untimed(fixture, 5, 43);
		g_test_assert_expected_messages();
		answer_untimed(fixture, 6, 44);
	}
}

#define ADD(path, test) g_test_add("/kepler-sampler/" path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("values", test_values);
	ADD("reasons", test_reasons);
	ADD("out-of-step", test_out_of_step);
	ADD("late", test_late);
	ADD("refresh", test_refresh);
	ADD("few-changes", test_few_changes);
	ADD("untimed", test_untimed);
	return g_test_run();
}
