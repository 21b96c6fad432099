/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Values that are missing, and the reasons that the user is told. */

#include "puppets.h"

/* In how many records the column was missing for this reason. */
static guint64
missing_for(Fixture *fixture, const gchar *name, const gchar *reason)
{
	const VmfcDeclaration *declaration = vmfc_schema_find(fixture->schema, name);
	guint64 n = 0;

	for (guint i = 0; i < VMFC_N_REASONS; i++) {
		if (g_strcmp0(declaration->reasons[i].text, reason) == 0)
			n += vmfc_summary_get_n_missing(fixture->summary, declaration->index, i);
	}
	return n;
}

static void
test_failure(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 1);
	left(fixture)->answer = VMFC_ANSWER_FAILED;
	tick_and_warn(fixture, 1, 0, 2, "left: the strings are cut; its values are missing");
	tick(fixture, 2, 0, 3); /* said once only */
	g_assert_cmpuint(fixture->n_records, ==, 2);
	g_assert_false(has(fixture, "left_total"));
	g_assert_false(has(fixture, "left_gauge"));
	g_assert_cmpint(get_int(fixture, "right_total"), ==, 10);
	left(fixture)->answer = VMFC_ANSWER_DONE;
	tick_and_warn(fixture, 3, 0, 4, "left answers again after 2 ticks");
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "the strings are cut"), ==, 2);
	/* the reading that would have opened this window failed */
	g_assert_cmpuint(
		missing_for(fixture, "left_total", "the reading that opens the window is missing"),
		==, 1);
	g_assert_true(has(fixture, "left_gauge"));
	g_assert_false(has(fixture, "left_total"));
	tick(fixture, 4, 0, 6);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 2);
}

/* Each failure has its own number of ticks; a tick at which nothing is due ends none. */
static void
test_failure_again(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		VmfcAnswer answers[3];
		const gchar *says;
	} failures[] = {
		{{VMFC_ANSWER_FAILED, VMFC_ANSWER_DONE}, "left answers again after 1 ticks"},
		{{VMFC_ANSWER_FAILED, VMFC_ANSWER_NOT_DUE, VMFC_ANSWER_DONE},
		 "left answers again after 2 ticks"},
		{{VMFC_ANSWER_NOT_DUE, VMFC_ANSWER_FAILED, VMFC_ANSWER_DONE},
		 "left answers again after 1 ticks"},
	};
	guint64 index = 0;

	tick(fixture, index++, 0, 0);
	for (guint i = 0; i < G_N_ELEMENTS(failures); i++) {
		g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left: the strings are cut;*");
		g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, failures[i].says);
		for (guint j = 0; j < G_N_ELEMENTS(failures[i].answers); j++) {
			left(fixture)->answer = failures[i].answers[j];
			tick(fixture, index, 0, (gint64)index);
			index++;
		}
		g_test_assert_expected_messages();
	}
}

/* Each window counts for the reason that it had, and a failure ends the reason before it. */
static void
test_failure_changes(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 1);
	left(fixture)->answer = VMFC_ANSWER_FAILED;
	tick_and_warn(fixture, 1, 0, 2, "left: the strings are cut; its values are missing");
	left(fixture)->fault = "the bow is lost";
	tick_and_warn(fixture, 2, 0, 3, "left: the bow is lost. Missing: left_total, left_gauge");
	/* while nothing is due, it is missing for what failed last */
	left(fixture)->answer = VMFC_ANSWER_NOT_DUE;
	tick(fixture, 3, 0, 4);
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "the strings are cut"), ==, 1);
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "the bow is lost"), ==, 2);
	g_assert_cmpuint(missing_for(fixture, "right_gauge", "the bow is lost"), ==, 0);
}

/* A counter that its plugin restarts did not go backwards, even if its total stands still. */
static void
test_restart(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 100);
	left(fixture)->restarts = TRUE;
	tick(fixture, 1, 0, 101);
	tick(fixture, 2, 0, 101);
	g_assert_cmpuint(missing_for(fixture, "left_total", "its total started over"), ==, 2);
	tick(fixture, 3, 0, 100);
	g_assert_cmpuint(missing_for(fixture, "left_total", "its total went backwards"), ==, 1);
	g_assert_cmpuint(missing_for(fixture, "left_total", "its total started over"), ==, 2);
}

/* A warning names the columns that are missing now, and the remedy for its own reason. */
static void
test_warning(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcContext *context = left(fixture)->context;

	tick(fixture, 0, 0, 1);
	left(fixture)->doubt = "the string is slack";
	tick_and_warn(fixture, 1, 0, 2, "left: the string is slack. Tune it. Missing: left_gauge");
	/* another column for the same reason, when the first one is back */
	left(fixture)->doubt = NULL;
	vmfc_context_set_state(context, 0, VMFC_STATE_IMPLAUSIBLE, "the string is slack", NULL);
	left(fixture)->restarts = TRUE;
	tick_and_warn(fixture, 2, 0, 3, "left: the string is slack. Missing: left_total");
	/* a column that says ok again has the reason of the core, not the one of before */
	vmfc_context_set_state(context, 0, VMFC_STATE_OK, NULL, NULL);
	tick(fixture, 3, 0, 4);
	g_assert_cmpuint(missing_for(fixture, "left_total", "the string is slack"), ==, 1);
	g_assert_cmpuint(missing_for(fixture, "left_total", "its total started over"), ==, 1);
	/* events that share the hardware are not missing for that */
	vmfc_context_set_state(context, 0, VMFC_STATE_MULTIPLEXED, "it shares the bow", "Buy one");
	tick(fixture, 4, 0, 5);
	g_assert_cmpuint(missing_for(fixture, "left_total", "it shares the bow"), ==, 0);
	for (guint64 i = 5; i <= 8; i++) {
		if (i == 7)
			g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
					      "left: its total started over. Missing: left_total");
		tick(fixture, i, 0, (gint64)i);
	}
	g_test_assert_expected_messages();
}

/* A sampler that withholds a value: said once, counted in each window, over when it is over. */
static void
test_withheld(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 1);
	tick(fixture, 1, 0, 2);
	left(fixture)->doubt = "the string is slack";
	tick_and_warn(fixture, 2, 0, 3, "left: the string is slack. Tune it. Missing: left_gauge");
	tick(fixture, 3, 0, 4);
	left(fixture)->doubt = NULL;
	tick(fixture, 4, 0, 5);
	g_assert_true(has(fixture, "left_gauge"));
	g_assert_cmpint(vmfc_schema_find(fixture->schema, "left_gauge")->state, ==, VMFC_STATE_OK);
	left(fixture)->doubt = "the string is slack";
	tick(fixture, 5, 0, 6);
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "the string is slack"), ==, 3);
	g_assert_cmpuint(missing_for(fixture, "right_gauge", "the string is slack"), ==, 0);
}

/* What a plugin says nothing of: a counter that falls, and what stays missing. */
static void
test_missing_without_reason(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 100);
	for (guint64 i = 1; i <= 5; i++)
		tick(fixture, i, 0, 100 - (gint64)i);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "left: its total went backwards. Missing: left_total");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "right: its total went backwards. Missing: right_total");
	tick(fixture, 6, 0, 94);
	g_test_assert_expected_messages();
	tick(fixture, 7, 0, 93);
	g_assert_cmpuint(missing_for(fixture, "left_total", "its total went backwards"), ==, 7);
	tick(fixture, 8, 0, 94);
	g_assert_cmpuint(missing_for(fixture, "left_total", "its total went backwards"), ==, 7);
}

/* A warning about one column does not trigger one about another that may soon be present. */
static void
test_two_reasons(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 100);
	left(fixture)->doubt = "the string is slack";
	tick_and_warn(fixture, 1, 0, 99, "left: the string is slack. Tune it. Missing: left_gauge");
	g_assert_cmpuint(missing_for(fixture, "left_total", "its total went backwards"), ==, 1);
}

/* What the user knows since open is not said again, but counted; what is new is said. */
static void
test_known_since_open(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	left(fixture)->doubt = "the string is slack";
	vmfc_context_set_state(left(fixture)->context, 1, VMFC_STATE_IMPLAUSIBLE,
			       "the string is slack", NULL);
	vmfc_missing_prepare(left(fixture)->context);
	tick(fixture, 0, 0, 1);
	tick(fixture, 1, 0, 2);
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "the string is slack"), ==, 1);
	left(fixture)->doubt = "the string is torn";
	tick_and_warn(fixture, 2, 0, 3, "left: the string is torn. *");
	/* a sampler whose answer is not due lacks nothing */
	right(fixture)->answer = VMFC_ANSWER_NOT_DUE;
	for (guint64 i = 3; i < 12; i++)
		tick(fixture, i, 0, 4);
	g_assert_false(has(fixture, "right_gauge"));
	for (guint i = 0; i < VMFC_N_REASONS; i++) {
		const VmfcDeclaration *gauge = vmfc_schema_find(fixture->schema, "right_gauge");
		g_assert_cmpuint(vmfc_summary_get_n_missing(fixture->summary, gauge->index, i), ==,
				 0);
	}
}

/* What was not due once is due at the next tick. */
static void
test_due_again(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 1);
	for (guint64 i = 1; i <= 4; i++) {
		left(fixture)->answer = i % 2 == 1 ? VMFC_ANSWER_NOT_DUE : VMFC_ANSWER_DONE;
		left(fixture)->leaves_out = i == 4;
		tick(fixture, i, 0, (gint64)i);
		g_assert_cmpint(has(fixture, "left_gauge"), ==, i == 2);
	}
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "its plugin gives no reason"), ==, 1);
	g_assert_cmpuint(
		missing_for(fixture, "left_total", "the reading that opens the window is missing"),
		==, 2);
}

/* A window is that of its record, also where ticks were missed before a reading that failed. */
static void
test_failure_after_missed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 1);
	tick(fixture, 1, 0, 2);
	left(fixture)->answer = VMFC_ANSWER_FAILED;
	tick_and_warn(fixture, 4, 0, 5, "left: the strings are cut; its values are missing");
	g_assert_cmpint(get_int(fixture, "missed_ticks"), ==, 2);
	g_assert_cmpint(get_int(fixture, "right_total"), ==, 30);
	left(fixture)->answer = VMFC_ANSWER_DONE;
	tick_and_warn(fixture, 5, 0, 6, "left answers again after 1 ticks");
	g_assert_false(has(fixture, "left_total"));
	tick(fixture, 6, 0, 8);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 2);
}

/* What is usual in single windows is counted, and said where it stays. */
static void
test_usual(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	left(fixture)->usual = "the string is short";
	tick(fixture, 0, 0, 1);
	for (guint64 i = 1; i <= 4; i++) {
		left(fixture)->leaves_out = i % 2 == 0;
		tick(fixture, i, 0, (gint64)i);
	}
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "the string is short"), ==, 2);
	for (guint64 i = 5; i <= 8; i++)
		tick(fixture, i, 0, (gint64)i);
	tick_and_warn(fixture, 9, 0, 9, "left: the string is short. Tune it. Missing: left_gauge");
	g_assert_cmpint(vmfc_schema_find(fixture->schema, "left_gauge")->state, ==, VMFC_STATE_OK);
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "the string is short"), ==, 7);
}

/* A plugin that puts figures into its reasons fills no memory. */
static void
test_many_reasons(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gchar text[32];

	left(fixture)->doubt = text;
	for (guint64 i = 0; i < 100; i++) {
		g_snprintf(text, sizeof(text), "%u mm too long", (guint)i);
		if (i >= 1 && i <= 9)
			g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
					      "left: *. Missing: left_gauge");
		tick(fixture, i, 0, (gint64)i);
		g_test_assert_expected_messages();
	}
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "1 mm too long"), ==, 1);
	g_assert_cmpuint(missing_for(fixture, "left_gauge", "other reasons"), ==, 91);
}

#define ADD(path, func)                                                                            \
	g_test_add("/collector-missing/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("failure", test_failure);
	ADD("failure/again", test_failure_again);
	ADD("failure/changes", test_failure_changes);
	ADD("failure/after-missed", test_failure_after_missed);
	ADD("missing/due-again", test_due_again);
	ADD("missing/restart", test_restart);
	ADD("missing/warning", test_warning);
	ADD("missing/withheld", test_withheld);
	ADD("missing/known-since-open", test_known_since_open);
	ADD("missing/two-reasons", test_two_reasons);
	ADD("missing/usual", test_usual);
	ADD("missing/without-reason", test_missing_without_reason);
	ADD("missing/many-reasons", test_many_reasons);
	return g_test_run();
}
