/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What the end of a run leaves, and what a spool keeps. */

#include "delivery-run.h"

/* ------------------------------------------------------------------ the end */

/* The end makes pauses short, but not those that the receiver requests, and is never late. */
static void
test_end(Fixture *fixture, gconstpointer data)
{
	static const VmfcRemoteAnswer retry[] = {RETRY, RETRY, RETRY, RETRY};
	static const VmfcRemoteAnswer busy[] = {BUSY, BUSY, BUSY, BUSY};
	gboolean is_asked = data != NULL;
	gint64 begin = world.now + 5 * S; /* the first request */

	world.answers = is_asked ? busy : retry;
	world.n_answers = 4;
	fixture->setup.linger = 5 * S / 2;
	start(fixture, NULL);
	append(fixture, "ab");
	end(fixture);
	g_assert_cmpstr(world.sent->str, ==, is_asked ? "x x " : "x x x ");
	g_assert_cmpint(world.now, ==, begin + 5 * S / 2);
	assert_result(fixture, 0, 0, 0, 3);
}

/* Without time for it, what was not sent is left, and what is being sent as well. */
static void
test_no_linger(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	ANSWER(RETRY);
	fixture->setup.linger = 0;
	start(fixture, NULL);
	append(fixture, "ab");
	end(fixture);
	g_assert_cmpstr(world.sent->str, ==, "x ");
	assert_result(fixture, 0, 0, 0, 3);
}

/* -------------------------------------------------------------------- spool */

/* Not lost, but kept; the next run begins where this one has ended. */
static void
test_kept(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	ANSWER(SENT, RETRY, RETRY, RETRY);
	fixture->setup.linger = 3 * S / 2;
	start(fixture, open_spool(fixture));
	append(fixture, "abcde");
	end(fixture);
	g_assert_cmpstr(world.sent->str, ==, "x abcd abcd ");
	assert_result(fixture, 1, 0, 0, 0);
	g_assert_cmpuint(fixture->result.kept.n_records, ==, 5);
	g_assert_cmpuint(count_said("it answers 503; records wait in the spool until it takes "
				    "them, the last 16 MiB at most\n"),
			 ==, 1);
	Spool *spool = open_spool(fixture);
	g_assert_cmpuint(spool_get_waiting(spool)->n_records, ==, 5);
	for (guint i = 0; i < 5; i++) {
		g_autoptr(Frame) frame = spool_take(spool);
		g_assert_cmpint(frame->is_tried, ==, i < 4);
	}
	spool_close(spool);
}

/* A full disk is told once; what waits is limited by the memory from then on. */
static void
test_full_disk(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree guint8 *bytes = g_malloc(MIB);
	g_autoptr(GRand) random = g_rand_new_with_seed(1);

	for (guint i = 0; i < MIB; i++)
		bytes[i] = (guint8)g_rand_int(random);
	world.is_disk_full = TRUE;
	start(fixture, open_spool(fixture));
	append_bytes(fixture, bytes, MIB);
	g_assert_cmpuint(count_said("dropped"), ==, 0);
	for (guint i = 0; i < 3; i++)
		append_bytes(fixture, bytes, MIB);
	end(fixture);
	g_assert_cmpuint(count_said("No space left on device; records that it cannot store wait in "
				    "memory"),
			 ==, 1);
	g_assert_cmpuint(count_said("more than 2 MiB wait for http://host/: the oldest records are "
				    "dropped and counted; --set remote_write.queue_size=MIB keeps"),
			 ==, 1);
	assert_result(fixture, 2, 0, 0, 0);
	g_assert_cmpuint(fixture->result.dropped.n_records, ==, 3);
}

#define ADD(path, data, test) g_test_add(path, Fixture, data, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
	g_log_set_handler("vmfc", G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE, note_message, NULL);
	ADD("/delivery-end/end", NULL, test_end);
	ADD("/delivery-end/end-asked", "asked", test_end);
	ADD("/delivery-end/no-linger", NULL, test_no_linger);
	ADD("/delivery-end/kept", NULL, test_kept);
	ADD("/delivery-end/full-disk", NULL, test_full_disk);
	return g_test_run();
}
