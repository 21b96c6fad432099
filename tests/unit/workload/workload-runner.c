/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What a runner starts, stops and labels, at which time. */

#include <math.h>

#include "workload-puppets.h"

/* A part is told when it should have begun, and not when it did. */
static void
test_begins(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:4,b:6", 30);
	at(fixture, -0.6, "");
	g_assert_cmpint(fixture->next, ==, T0 - LEAD);
	at(fixture, -0.5, "a+0 ");
	assert_labels(fixture, "a", 0, FALSE);
	g_assert_cmpint(fixture->next, ==, T0 + 4 * SECOND);
	at(fixture, 3.999, "");
	/* a goes on until it has ended; b begins after that, late */
	at(fixture, 4, "a. ");
	assert_labels(fixture, "a", 0, TRUE);
	g_assert_cmpint(fixture->next, ==, T0 + 10 * SECOND);
	at(fixture, 4.5, "");
	end(fixture, 0, NULL);
	assert_labels(fixture, "a", 0, TRUE);
	at(fixture, 4.7, "a- b+4 ");
	assert_labels(fixture, "b", 0, FALSE);
	fixture->ends_in_finish = TRUE;
	/* the same instance as before, in the second iteration */
	at(fixture, 10.2, "b. b- a+10 ");
	assert_labels(fixture, "a", 1, FALSE);
	g_assert_cmpint(fixture->next, ==, T0 + 14 * SECOND);
	g_assert_cmpuint(fixture->n_ended, ==, 0);
	vmfc_workload_runner_stop(fixture->runner);
	g_assert_false(fixture->labels->failed);
}

/* Who was held up for long goes on with the part that should run by then. */
static void
test_skips(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:2,b:3,c:5", 30);
	fixture->ends_in_finish = TRUE;
	at(fixture, -0.5, "a+0 ");
	at(fixture, 26, "a. a- c+25 ");
	assert_labels(fixture, "c", 2, FALSE);
	g_assert_cmpint(fixture->next, ==, T0 + 30 * SECOND);
	vmfc_workload_runner_stop(fixture->runner);
	g_assert_cmpstr(fixture->course->str, ==, "a. a- c+25 c- ");
}

/* A part whose predecessor takes longer than the part itself does not start. */
static void
test_skipped_while_waiting(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:2,b:1,c:5", 30);
	at(fixture, -0.5, "a+0 ");
	at(fixture, 2, "a. ");
	at(fixture, 3, ""); /* and is not told twice to finish */
	end(fixture, 0, NULL);
	at(fixture, 3.1, "a- c+3 ");
	assert_labels(fixture, "c", 0, FALSE);
}

/* Between two parts without a workload nothing changes that takes time. */
static void
test_idle(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "idle:2,a:2", 30);
	fixture->ends_in_finish = TRUE;
	at(fixture, -0.5, "");
	assert_labels(fixture, "idle", 0, FALSE);
	at(fixture, 2, "a+2 ");
	assert_labels(fixture, "a", 0, FALSE);
	at(fixture, 4, "a. a- ");
	assert_labels(fixture, "idle", 1, FALSE);
}

/* One that ends before its time leaves the machine idle until the next part. */
static void
test_ends_early(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:4,b:6", 30);
	at(fixture, -0.5, "a+0 ");
	end(fixture, 0, NULL);
	assert_labels(fixture, "none", 0, FALSE);
	/* it can be told only once */
	vmfc_context_end_workload(((Puppet *)fixture->puppets->pdata[0])->context, NULL);
	g_assert_cmpuint(fixture->n_woken, ==, 1);
	at(fixture, 1, "a- ");
	g_assert_cmpint(fixture->next, ==, T0 + 4 * SECOND);
	/* one that does not run cannot end */
	vmfc_context_end_workload(((Puppet *)fixture->puppets->pdata[1])->context, NULL);
	g_assert_cmpuint(fixture->n_woken, ==, 1);
	at(fixture, 4, "b+4 ");
	g_assert_cmpuint(fixture->n_ended, ==, 0);
	g_assert_false(fixture->labels->failed);
}

/* One without a given end: what ends early ends the run. */
static void
test_ends_run(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a", 0);
	at(fixture, -0.5, "a+0 ");
	g_assert_cmpint(fixture->next, ==, -1);
	at(fixture, 1e6, "");
	g_assert_cmpuint(fixture->n_ended, ==, 0);
	end(fixture, 0, NULL);
	assert_labels(fixture, "none", 0, FALSE);
	g_assert_cmpuint(fixture->n_ended, ==, 0);
	at(fixture, 1e6 + 1, "a- ");
	g_assert_cmpuint(fixture->n_ended, ==, 1);
	at(fixture, 1e6 + 2, "");
	g_assert_cmpuint(fixture->n_ended, ==, 1);
}

/* In a sequence that repeats until it is stopped, no part ends the run. */
static void
test_ends_part(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:4,b:6", 0);
	at(fixture, -0.5, "a+0 ");
	end(fixture, 0, NULL);
	at(fixture, 2, "a- ");
	at(fixture, 4, "b+4 ");
	end(fixture, 1, NULL);
	at(fixture, 5, "b- ");
	assert_labels(fixture, "none", 0, FALSE);
	at(fixture, 10, "a+10 ");
	assert_labels(fixture, "a", 1, FALSE);
	g_assert_cmpuint(fixture->n_ended, ==, 0);
}

static void
test_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = g_error_new(VMFC_ERROR, VMFC_ERROR_IO, "out of breath");

	make(fixture, "a:4,b:6", 30);
	at(fixture, -0.5, "a+0 ");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "workload a ended too early: out of breath");
	end(fixture, 0, error);
	g_test_assert_expected_messages();
	g_assert_true(fixture->labels->failed);
	assert_labels(fixture, "none", 0, FALSE);
	at(fixture, 1, "a- ");
	/* the next one refuses to start: what is after it runs all the same */
	fixture->refuses = TRUE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "workload b ended too early: the strings are cut");
	at(fixture, 4, "b+4 ");
	assert_labels(fixture, "none", 0, FALSE);
	g_assert_cmpuint(fixture->n_ended, ==, 0);
	fixture->refuses = FALSE;
	at(fixture, 10, "a+10 ");
	assert_labels(fixture, "a", 1, FALSE);
}

/* One that ends as soon as it is started is stopped at once, and also if it refuses to start. */
static void
test_ends_in_start(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:4,b:6", 30);
	fixture->ends_in_start = TRUE;
	at(fixture, -0.5, "a+0 ");
	g_assert_cmpint(fixture->next, ==, T0 - SECOND / 2);
	assert_labels(fixture, "none", 0, FALSE);
	at(fixture, -0.4, "a- ");
	g_assert_cmpint(fixture->next, ==, T0 + 4 * SECOND);
	fixture->refuses = TRUE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "workload b ended too early: *");
	at(fixture, 4, "b+4 ");
	g_assert_cmpint(fixture->next, ==, T0 + 10 * SECOND);
	at(fixture, 5, "");
	g_assert_cmpuint(fixture->n_ended, ==, 0);
}

static void
test_fails_without_end(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a", 0);
	fixture->refuses = TRUE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "workload a ended too early: *");
	at(fixture, -0.5, "a+0 ");
	g_assert_cmpuint(fixture->n_ended, ==, 1);
	g_assert_true(fixture->labels->failed);
}

/* Steps of a part: phase and target are its own, and gone with it. */
static void
test_steps(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:4,b:6", 30);
	fixture->ends_in_finish = TRUE;
	at(fixture, -0.5, "a+0 ");
	VmfcContext *context = ((Puppet *)fixture->puppets->pdata[0])->context;
	vmfc_context_set_phase(context, "load=20");
	vmfc_context_set_target_load(context, 20);
	vmfc_workload_labels_next_window(fixture->labels);
	g_assert_false(fixture->labels->changed);
	g_assert_cmpfloat(fixture->labels->at_start.target_load, ==, 20);
	/* the same phase with another target is a change */
	vmfc_context_set_target_load(context, 30);
	g_assert_true(fixture->labels->changed);
	g_assert_cmpfloat(fixture->labels->at_start.target_load, ==, 20);
	vmfc_workload_labels_next_window(fixture->labels);
	g_assert_cmpfloat(fixture->labels->at_start.target_load, ==, 30);
	/* so is the end of a step, until the next one begins */
	vmfc_context_begin_transition(context);
	vmfc_workload_labels_next_window(fixture->labels);
	g_assert_true(fixture->labels->changed);
	vmfc_context_set_phase(context, "load=40");
	vmfc_workload_labels_next_window(fixture->labels);
	g_assert_false(fixture->labels->changed);
	vmfc_context_add_work_time(context, 0.25);
	vmfc_context_add_work_time(context, 0.5);
	g_assert_cmpfloat(fixture->labels->work_time, ==, 0.75);
	at(fixture, 4, "a. a- b+4 ");
	g_assert_cmpstr(fixture->labels->now.phase, ==, "");
	g_assert_true(isnan(fixture->labels->now.target_load));
}

/* Idle after idle is no change; idle after a workload is one until that has ended. */
static void
test_transitions(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "idle:1,idle:1,a:2,idle:2", 30);
	at(fixture, -0.5, "");
	vmfc_workload_labels_next_window(fixture->labels);
	at(fixture, 1, "");
	g_assert_false(fixture->labels->changed);
	at(fixture, 2, "a+2 ");
	g_assert_true(fixture->labels->changed);
	vmfc_workload_labels_next_window(fixture->labels);
	at(fixture, 4, "a. ");
	assert_labels(fixture, "a", 0, TRUE);
	vmfc_workload_labels_next_window(fixture->labels);
	g_assert_true(fixture->labels->changed);
	end(fixture, 0, NULL);
	at(fixture, 4.5, "a- ");
	assert_labels(fixture, "idle", 0, FALSE);
}

/* What is stopped stays so, whatever was to come. */
static void
test_stop(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make(fixture, "a:2,b:2", 30);
	at(fixture, -0.5, "a+0 ");
	at(fixture, 2, "a. "); /* b waits for its end */
	vmfc_workload_runner_stop(fixture->runner);
	g_assert_cmpstr(fixture->course->str, ==, "a. a- ");
	at(fixture, 4, "");
	g_assert_cmpint(fixture->next, ==, -1);
	vmfc_workload_runner_stop(fixture->runner);
	g_assert_cmpstr(fixture->course->str, ==, "");
}

#define ADD(path, func) g_test_add("/workload-runner/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("begins", test_begins);
	ADD("skips", test_skips);
	ADD("skips/while-waiting", test_skipped_while_waiting);
	ADD("idle", test_idle);
	ADD("ends-early", test_ends_early);
	ADD("ends-early/run", test_ends_run);
	ADD("ends-early/part", test_ends_part);
	ADD("ends-early/in-start", test_ends_in_start);
	ADD("fails", test_fails);
	ADD("fails/without-end", test_fails_without_end);
	ADD("steps", test_steps);
	ADD("transitions", test_transitions);
	ADD("stop", test_stop);
	return g_test_run();
}
