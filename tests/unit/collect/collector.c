/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Windows, labels and clocks of records. */

#include <math.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "puppets.h"

static void
test_windows(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 100);
	g_assert_cmpuint(fixture->n_records, ==, 0);
	tick(fixture, 1, 3 * MILLISECOND, 107);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 7);
	g_assert_cmpint(get_int(fixture, "right_total"), ==, 70);
	g_assert_cmpfloat(get_float(fixture, "time_delta_seconds"), ==, 0.103);
	g_assert_cmpint(get_int(fixture, "tick_lateness_us"), ==, 3000);
	/* since the tick began, however late that was */
	g_assert_cmpint(get_int(fixture, "sample_duration_us"), >, 0);
	g_assert_cmpint(get_int(fixture, "sample_duration_us"), <, 1000);
	g_assert_cmpint(get_int(fixture, "missed_ticks"), ==, 0);
	g_assert_cmpfloat(get_float(fixture, "timestamp"), ==, 1700000001.103);
	g_assert_cmpstr(get_string(fixture, "timestamp_iso"), ==,
			"2023-11-14T22:13:21.103000+00:00");
	/* who and for what: the same in each record */
	const gchar *const *zones = vmfc_record_get_strings(
		&fixture->record, vmfc_schema_find(fixture->schema, "target_zones")->index);
	g_assert_cmpstr(zones[0], ==, "package");
	g_assert_null(zones[1]);
	g_assert_cmpstr(get_string(fixture, "vm_hostname"), ==, "puppets");
	g_assert_cmpfloat(get_float(fixture, "collection_interval"), ==, 0.1);
	/* the window that a late tick ends is longer, the next one shorter: they join */
	tick(fixture, 2, 0, 110);
	g_assert_cmpfloat(get_float(fixture, "time_delta_seconds"), ==, 0.097);
	tick(fixture, 5, MILLISECOND + 41000, 120);
	g_assert_cmpstr(get_string(fixture, "timestamp_iso"), ==,
			"2023-11-14T22:13:21.501041+00:00");
	g_assert_cmpint(get_int(fixture, "missed_ticks"), ==, 2);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 10);
	g_assert_cmpfloat(get_float(fixture, "time_delta_seconds"), ==, 0.301041);
}

/* What was lost on its way has passed without a record as well. */
static void
test_lost_records(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 0);
	tick(fixture, 1, 0, 1);
	fixture->loses = TRUE;
	tick(fixture, 2, 0, 2);
	tick(fixture, 5, 0, 3);
	fixture->loses = FALSE;
	tick(fixture, 6, 0, 7);
	g_assert_cmpuint(fixture->n_records, ==, 2);
	g_assert_cmpint(get_int(fixture, "missed_ticks"), ==, 4);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 4);
	tick(fixture, 7, 0, 8);
	g_assert_cmpint(get_int(fixture, "missed_ticks"), ==, 0);
}

/* The run counts from the tick that fired first, whichever it was. */
static void
test_late_start(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 3, 0, 100);
	tick(fixture, 4, 0, 107);
	g_assert_cmpuint(fixture->n_records, ==, 1);
	g_assert_cmpint(get_int(fixture, "missed_ticks"), ==, 0);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 7);
}

/* Records and missed deadlines are as many as the run has, also when the last records are lost. */
static void
test_lost_at_end(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_ticker_end_at(&fixture->ticker, 10);
	tick(fixture, 0, 0, 0);
	tick(fixture, 3, 0, 1);
	fixture->loses = TRUE;
	tick(fixture, 7, 0, 2);
	tick(fixture, 12, 0, 3);
	vmfc_summary_add_missed(fixture->summary, vmfc_collector_get_n_missed(fixture->collector));
	g_assert_cmpuint(vmfc_summary_get_n_records(fixture->summary) +
				 vmfc_summary_get_n_missed(fixture->summary),
			 ==, 10);
	g_assert_cmpuint(vmfc_summary_get_n_records(fixture->summary), ==, 1);
}

static void
test_labels(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 0);
	tick(fixture, 1, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_workload"), ==, "none");
	g_assert_false(has(fixture, "stress_phase"));
	g_assert_false(has(fixture, "stress_target_load"));
	g_assert_false(get_bool(fixture, "stress_transition"));

	vmfc_workload_labels_set_workload(fixture->labels, "cycle", 2);
	vmfc_workload_labels_set_phase(fixture->labels, "load=45");
	vmfc_workload_labels_set_target_load(fixture->labels, 45);
	tick(fixture, 2, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_workload"), ==, "none");
	g_assert_true(get_bool(fixture, "stress_transition"));
	tick(fixture, 3, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_workload"), ==, "cycle");
	g_assert_cmpstr(get_string(fixture, "stress_phase"), ==, "load=45");
	g_assert_cmpfloat(get_float(fixture, "stress_target_load"), ==, 45);
	g_assert_cmpint(get_int(fixture, "stress_iteration"), ==, 2);
	g_assert_false(get_bool(fixture, "stress_transition"));

	/* the same reason again is not a change */
	vmfc_workload_labels_set_phase(fixture->labels, "load=45");
	vmfc_workload_labels_set_target_load(fixture->labels, 45);
	tick(fixture, 4, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
	vmfc_workload_labels_set_target_load(fixture->labels, NAN);
	tick(fixture, 5, 0, 0);
	g_assert_true(get_bool(fixture, "stress_transition"));

	/* between two steps no window is what its labels say, however long that takes */
	vmfc_workload_labels_begin_transition(fixture->labels);
	tick(fixture, 6, 0, 0);
	g_assert_true(get_bool(fixture, "stress_transition"));
	tick(fixture, 7, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_workload"), ==, "cycle");
	g_assert_true(get_bool(fixture, "stress_transition"));
	vmfc_workload_labels_set_phase(fixture->labels, "load=45");
	tick(fixture, 8, 0, 0);
	g_assert_true(get_bool(fixture, "stress_transition"));
	tick(fixture, 9, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));

	vmfc_workload_labels_begin_transition(fixture->labels);
	vmfc_workload_labels_set_workload(fixture->labels, "none", 3);
	tick(fixture, 10, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_workload"), ==, "cycle");
	g_assert_true(get_bool(fixture, "stress_transition"));
	tick(fixture, 11, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_workload"), ==, "none");
	g_assert_false(has(fixture, "stress_phase"));
	g_assert_cmpint(get_int(fixture, "stress_iteration"), ==, 3);
	g_assert_false(get_bool(fixture, "stress_transition"));
}

/* Who did not run for a while cannot say that the load did; an idle machine is idle all the same.
 */
static void
test_pause(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 0);
	tick(fixture, 5, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
	vmfc_workload_labels_set_workload(fixture->labels, "load", 0);
	tick(fixture, 6, 0, 0);
	tick(fixture, 7, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
	/* late, but not by more than a busy machine makes it */
	tick(fixture, 9, 40 * MILLISECOND, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
	/* that is its lateness, and not how long the window is */
	tick(fixture, 12, 70 * MILLISECOND, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
	tick(fixture, 17, 0, 0);
	g_assert_true(get_bool(fixture, "stress_transition"));
	tick(fixture, 18, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
}

/* Each tick reads the files again. */
static void
test_files(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *path = NULL;
	gint fd = g_file_open_tmp("vmfc-XXXXXX", &path, NULL);

	g_assert_cmpint(write(fd, "1", 1), ==, 1);
	VmfcFile *file = vmfc_source_files_open(fixture->files, path, NULL);
	for (guint64 i = 0; i < 3; i++) {
		tick(fixture, i, 0, 0);
		const gchar text[] = {(gchar)('0' + i), '\0'};
		g_assert_cmpint(pwrite(fd, text, 1, 0), ==, 1);
		g_assert_cmpstr(vmfc_file_read(file, NULL, NULL), ==, text);
	}
	close(fd);
	g_unlink(path);
}

/* Nothing follows nothing: no change. */
static void
test_same_workload(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 0);
	vmfc_workload_labels_set_workload(fixture->labels, "none", 0);
	tick(fixture, 1, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
	vmfc_workload_labels_set_workload(fixture->labels, "none", 1);
	tick(fixture, 2, 0, 0);
	g_assert_true(get_bool(fixture, "stress_transition"));
	/* the same workload without its step, or without its target, is a change */
	vmfc_workload_labels_set_phase(fixture->labels, "step");
	tick(fixture, 3, 0, 0);
	vmfc_workload_labels_set_workload(fixture->labels, "none", 1);
	tick(fixture, 4, 0, 0);
	g_assert_cmpstr(get_string(fixture, "stress_phase"), ==, "step");
	g_assert_true(get_bool(fixture, "stress_transition"));
	vmfc_workload_labels_set_target_load(fixture->labels, 5);
	tick(fixture, 5, 0, 0);
	vmfc_workload_labels_set_workload(fixture->labels, "none", 1);
	tick(fixture, 6, 0, 0);
	g_assert_true(get_bool(fixture, "stress_transition"));
	tick(fixture, 7, 0, 0);
	g_assert_false(get_bool(fixture, "stress_transition"));
}

static void
test_clock_step(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 0);
	tick(fixture, 1, 0, 1);
	fixture->fake.real_offset -= 3600 * 1000 * MILLISECOND;
	/* two clocks are never read at one instant */
	fixture->fake.boot_offset += MILLISECOND / 4;
	tick_and_warn(fixture, 2, 0, 2,
		      "the wall clock was stepped by -3600.000 s; timestamps follow it, "
		      "windows are not affected");
	g_assert_cmpfloat(get_float(fixture, "time_delta_seconds"), ==, 0.1);
	g_assert_cmpint(get_int(fixture, "left_total"), ==, 1);
	/* said once */
	tick(fixture, 3, 0, 3);
	fixture->fake.real_offset += 60 * 1000 * MILLISECOND;
	fixture->fake.boot_offset += 60 * 1000 * MILLISECOND;
	tick_and_warn(fixture, 4, 0, 4,
		      "the machine was suspended for 60.000 s; windows do not count that "
		      "time, timestamps do");
}

/* The first window is told of as well: the run has announced when it begins. */
static void
test_clock_step_before_run(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->fake.real_offset += 5 * 1000 * MILLISECOND;
	tick_and_warn(fixture, 0, 0, 0, "the wall clock was stepped by +5.000 s;*");
	tick(fixture, 1, 0, 1);
	g_assert_cmpfloat(get_float(fixture, "timestamp"), ==, 1700000006.1);
}

/* Who was held up between its looks at two clocks has not seen a step. */
static void
test_clock_moves(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcTick held_up = {.index = 1, .deadline = T0 + INTERVAL, .begin = T0 + INTERVAL};

	tick(fixture, 0, 0, 0);
	/* 50 ms pass after the tick has begun, before it looks at the wall clock */
	fixture->fake.now = held_up.begin + 50 * MILLISECOND;
	vmfc_collector_tick(fixture->collector, &held_up);
	g_assert_cmpfloat(get_float(fixture, "timestamp"), ==, 1700000001.15);
	/* a real step at the tick after that, by as little as counts, and by a little less */
	fixture->fake.real_offset += 10 * MILLISECOND;
	tick_and_warn(fixture, 2, 0, 2, "the wall clock was stepped by +0.010 s;*");
	fixture->fake.real_offset -= 10 * MILLISECOND - 1;
	tick(fixture, 3, 0, 3);
	/* what was too little by itself counts with what follows */
	fixture->fake.real_offset -= 1;
	tick_and_warn(fixture, 4, 0, 4, "the wall clock was stepped by -0.010 s;*");
}

/* Both at once: each is said, with its own length. */
static void
test_clock_step_in_suspend(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tick(fixture, 0, 0, 0);
	fixture->fake.boot_offset += 30 * 1000 * MILLISECOND;
	fixture->fake.real_offset += 32 * 1000 * MILLISECOND;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "the machine was suspended for 30.000 s;*");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "the wall clock was stepped by +2.000 s;*");
	tick(fixture, 1, 0, 1);
	g_test_assert_expected_messages();
	/* as short as counts, and not added to what was before */
	fixture->fake.boot_offset += 10 * MILLISECOND;
	fixture->fake.real_offset += 10 * MILLISECOND;
	tick_and_warn(fixture, 2, 0, 2, "the machine was suspended for 0.010 s;*");
}

#define ADD(path, func) g_test_add("/collector/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	/* timestamps are in UTC wherever the machine is */
	g_setenv("TZ", "TST-5:45", TRUE);
	g_test_init(&argc, &argv, NULL);
	ADD("windows", test_windows);
	ADD("lost-records", test_lost_records);
	ADD("late-start", test_late_start);
	ADD("lost-at-end", test_lost_at_end);
	ADD("labels", test_labels);
	ADD("labels/pause", test_pause);
	ADD("files", test_files);
	ADD("labels/same", test_same_workload);
	ADD("clock-step", test_clock_step);
	ADD("clock-step/before-run", test_clock_step_before_run);
	ADD("clock-step/moves", test_clock_moves);
	ADD("clock-step/in-suspend", test_clock_step_in_suspend);
	return g_test_run();
}
