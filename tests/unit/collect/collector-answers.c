/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Samplers that answer after their call, and records that do not wait for them. */

#include "puppets.h"

static void
answer(Puppet *puppet, guint64 of_tick)
{
	VmfcRecord *record = vmfc_context_resume(puppet->context, of_tick);
	if (record != NULL) {
		g_assert_cmpuint(vmfc_record_get_tick(record), ==, of_tick);
		puppet_fill(puppet, record);
	}
	vmfc_context_finish(puppet->context, of_tick, NULL);
}

/* Two ticks. The record of the second one stays open, because left has not answered. */
static void
tick_without_left(Fixture *fixture)
{
	tick(fixture, 0, 0, 5);
	left(fixture)->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 1, 0, 8);
}

static void
test_pending_in_time(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	left(fixture)->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 0, 0, 5);
	answer(left(fixture), 0);
	tick(fixture, 1, 0, 8);
	g_assert_cmpuint(fixture->n_records, ==, 0);
	g_assert_cmpint(fixture->grace_deadline, ==, T0 + INTERVAL + INTERVAL / 5 * 4);
	answer(left(fixture), 1);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_cmpint(fixture->grace_deadline, ==, -1);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 3);
	/* twice: thrown away */
	g_assert_null(vmfc_context_resume(left(fixture)->context, 1));
	vmfc_context_finish(left(fixture)->context, 1, NULL);
	g_assert_cmpuint(fixture->n_records, ==, 1);
}

/* Who has waited for an answer does so since the deadline, however late the tick was. */
static void
test_pending_at_late_tick(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 5);
	left(fixture)->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 1, 30 * MILLISECOND, 8);
	g_assert_cmpint(fixture->grace_deadline, ==, T0 + INTERVAL + INTERVAL / 5 * 4);
	answer(left(fixture), 1);
	g_assert_cmpint(fixture->grace_deadline, ==, -1);
}

/* An answer that there is not counts as a failure, and the reason names the plugin. */
static void
test_invalid_answer(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcDeclaration *gauge = vmfc_schema_find(fixture->schema, "left_gauge");

	tick(fixture, 0, 0, 1);
	left(fixture)->answer = (VmfcAnswer)77;
	tick_and_warn(fixture, 1, 0, 2,
		      "left: plugin left returned the invalid answer 77; its values are "
		      "missing");
	g_assert_false(has(fixture, "left_gauge"));
	g_assert_cmpstr(gauge->missing_now->text, ==, "plugin left returned the invalid answer 77");
	left(fixture)->answer = VMFC_ANSWER_DONE;
	tick_and_warn(fixture, 2, 0, 3, "left answers again after 1 ticks");
	g_assert_true(has(fixture, "left_gauge"));
}

/* Once an answer is given up, what the sampler still writes goes nowhere. */
static void
test_writes_after_grace(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick_without_left(fixture);
	VmfcRecord *record = vmfc_context_resume(left(fixture)->context, 1);
	g_assert_nonnull(record);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left: no answer within*");
	vmfc_collector_close_record(fixture->collector);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "*it no longer owns: vmfc ignores it*");
	vmfc_record_set_float(record, 1, 99);
	g_test_assert_expected_messages();
	g_assert_false(has(fixture, "left_gauge"));
}

static void
test_pending_too_late(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick_without_left(fixture);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "left: no answer within 0.08 s; its values are missing");
	vmfc_collector_close_record(fixture->collector);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_false(has(fixture, "left_gauge"));
	g_assert_true(has(fixture, "right_gauge"));
	tick(fixture, 2, 0, 9);
	/* the answer to the tick before must not get into this record */
	g_assert_null(vmfc_context_resume(left(fixture)->context, 1));
	vmfc_context_finish(left(fixture)->context, 1, NULL);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left answers again*");
	answer(left(fixture), 2);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->n_records, ==, 2);
	g_assert_true(has(fixture, "left_gauge"));
}

/* The next tick completes a record that is still open, before it begins. */
static void
test_pending_at_next_tick(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick_without_left(fixture);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left: no answer within*");
	left(fixture)->answer = VMFC_ANSWER_DONE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left answers again*");
	tick(fixture, 2, 0, 9);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->n_records, ==, 2);
}

static void
test_pending_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = g_error_new(VMFC_ERROR, VMFC_ERROR_IO, "connection refused");

	tick_without_left(fixture);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left: connection refused;*");
	vmfc_context_finish(left(fixture)->context, 1, error);
	g_test_assert_expected_messages();
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_false(has(fixture, "left_gauge"));
}

static void
test_two_pending(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	left(fixture)->answer = right(fixture)->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 0, 0, 1);
	answer(left(fixture), 0);
	answer(right(fixture), 0);
	tick(fixture, 1, 0, 2);
	answer(right(fixture), 1);
	g_assert_cmpuint(fixture->n_records, ==, 0);
	answer(left(fixture), 1);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 1);
	g_assert_cmpint(get_int(fixture, "right_total"), ==, 10);
}

/* A plugin that keeps its record and writes later cannot write any cells. */
static void
test_writes_after_return(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 1);
	tick(fixture, 1, 0, 2);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "*it no longer owns: vmfc ignores it*");
	vmfc_record_set_float(&left(fixture)->context->record, 1, 99);
	g_test_assert_expected_messages();
	g_assert_cmpfloat(get_float(fixture, "left_gauge"), ==, 1);
}

static void
test_no_sync(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 100);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_false(has(fixture, "left_total"));
	g_assert_true(has(fixture, "left_gauge"));
	g_assert_false(has(fixture, "time_delta_seconds"));
	tick(fixture, 1, 0, 103);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 3);
	/* the window is the time since the sampler's own last good reading */
	left(fixture)->answer = VMFC_ANSWER_FAILED;
	tick_and_warn(fixture, 2, 0, 104, "left: *");
	g_assert_false(has(fixture, "left_total"));
	left(fixture)->answer = VMFC_ANSWER_DONE;
	tick_and_warn(fixture, 3, 0, 109, "left answers again*");
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 6);
}

/* Without common windows a pending answer goes into the next record, whenever it comes. */
static void
test_no_sync_pending(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	left(fixture)->answer = right(fixture)->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 0, 0, 100);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_false(has(fixture, "left_gauge"));
	answer(left(fixture), 0);
	answer(right(fixture), 0);
	g_assert_false(has(fixture, "left_gauge"));
	tick(fixture, 1, 0, 110);
	g_assert_cmpfloat(get_float(fixture, "left_gauge"), ==, 50);
	g_assert_cmpfloat(get_float(fixture, "right_gauge"), ==, 500);
	g_assert_cmpuint(left(fixture)->n_calls, ==, 2);
	/* one that has not answered is not asked again */
	tick(fixture, 2, 0, 120);
	g_assert_cmpuint(left(fixture)->n_calls, ==, 2);
	g_assert_false(has(fixture, "left_gauge"));
	answer(left(fixture), 1);
	tick(fixture, 3, 0, 130);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 20);
	/* nor is one waited for that never comes */
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "right: no answer within 10 s;*");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "right answers again*");
	right(fixture)->answer = VMFC_ANSWER_DONE;
	answer(left(fixture), 3);
	tick(fixture, 200, 0, 140);
	g_test_assert_expected_messages();
	g_assert_true(has(fixture, "right_gauge"));
}

/* An answer is waited for for 10 s since it was asked for, and no longer. */
static void
test_no_sync_timeout(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	left(fixture)->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 150, 0, 0);
	tick(fixture, 151, 0, 0);
	tick(fixture, 249, 0, 0);
	g_assert_cmpuint(left(fixture)->n_calls, ==, 1);
	tick_and_warn(fixture, 250, 0, 0, "left: no answer within 10 s;*");
	g_assert_cmpuint(left(fixture)->n_calls, ==, 2);
	tick(fixture, 349, 0, 0);
	g_assert_cmpuint(left(fixture)->n_calls, ==, 2);
}

/* What an answer leaves out is missing: nothing of the answer before it stays. */
static void
test_no_sync_fewer_cells(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	left(fixture)->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 0, 0, 100);
	answer(left(fixture), 0);
	tick(fixture, 1, 0, 110);
	g_assert_cmpfloat(get_float(fixture, "left_gauge"), ==, 50);
	left(fixture)->leaves_out = TRUE;
	answer(left(fixture), 1);
	tick(fixture, 2, 0, 120);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 10);
	g_assert_false(has(fixture, "left_gauge"));
	left(fixture)->leaves_out = FALSE;
	answer(left(fixture), 2);
	tick(fixture, 3, 0, 130);
	g_assert_cmpfloat(get_float(fixture, "left_gauge"), ==, 60);
}

/* An answer that ends with an error counts as none, whatever was set before the error. */
static void
test_no_sync_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = g_error_new(VMFC_ERROR, VMFC_ERROR_IO, "connection refused");

	left(fixture)->answer = VMFC_ANSWER_PENDING;
	tick(fixture, 0, 0, 100);
	answer(left(fixture), 0);
	tick(fixture, 1, 0, 110);
	g_assert_true(has(fixture, "left_gauge"));
	puppet_fill(left(fixture), vmfc_context_resume(left(fixture)->context, 1));
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left: connection refused;*");
	vmfc_context_finish(left(fixture)->context, 1, error);
	tick(fixture, 2, 0, 120);
	g_assert_false(has(fixture, "left_gauge"));
	g_assert_false(has(fixture, "left_total"));
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "left answers again*");
	answer(left(fixture), 2);
	tick(fixture, 3, 0, 130);
	g_test_assert_expected_messages();
	g_assert_cmpfloat(get_float(fixture, "left_gauge"), ==, 60);
	/* since its own last good reading, which was of the first tick */
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 20);
}

/* An answer goes into one record only, whatever its sampler answers afterwards. */
static void
test_no_sync_once(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const VmfcAnswer later[] = {VMFC_ANSWER_PENDING, VMFC_ANSWER_NOT_DUE};

	for (guint i = 0; i < G_N_ELEMENTS(later); i++) {
		guint64 at = i * 10;
		left(fixture)->answer = VMFC_ANSWER_PENDING;
		tick(fixture, at, 0, (gint64)at);
		answer(left(fixture), at);
		left(fixture)->answer = later[i];
		tick(fixture, at + 1, 0, (gint64)at + 1);
		g_assert_true(has(fixture, "left_gauge"));
		for (guint64 j = 2; j < 6; j++) {
			tick(fixture, at + j, 0, (gint64)(at + j));
			g_assert_false(has(fixture, "left_gauge"));
			g_assert_false(has(fixture, "left_total"));
			g_assert_true(has(fixture, "right_gauge"));
		}
		if (later[i] == VMFC_ANSWER_PENDING)
			answer(left(fixture), at + 1);
	}
}

#define ADD(path, func)                                                                            \
	g_test_add("/collector-answers/" path, Fixture, NULL, set_up, func, tear_down)
#define ADD_NO_SYNC(path, func)                                                                    \
	g_test_add("/collector-answers/" path, Fixture, GINT_TO_POINTER(1), set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("pending/in-time", test_pending_in_time);
	ADD("pending/at-late-tick", test_pending_at_late_tick);
	ADD("pending/writes-after-grace", test_writes_after_grace);
	ADD("invalid-answer", test_invalid_answer);
	ADD("pending/too-late", test_pending_too_late);
	ADD("pending/at-next-tick", test_pending_at_next_tick);
	ADD("pending/fails", test_pending_fails);
	ADD("pending/two", test_two_pending);
	ADD("writes-after-return", test_writes_after_return);
	ADD_NO_SYNC("no-sync/windows", test_no_sync);
	ADD_NO_SYNC("no-sync/pending", test_no_sync_pending);
	ADD_NO_SYNC("no-sync/timeout", test_no_sync_timeout);
	ADD_NO_SYNC("no-sync/fewer-cells", test_no_sync_fewer_cells);
	ADD_NO_SYNC("no-sync/fails", test_no_sync_fails);
	ADD_NO_SYNC("no-sync/once", test_no_sync_once);
	return g_test_run();
}
