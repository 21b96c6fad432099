/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which requests are sent, when again, and what becomes of each record. */

#include "delivery-run.h"

/* ------------------------------------------------------------------ batches */

static void
test_batches(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	start(fixture, NULL);
	append(fixture, "abcdefghi");
	let_go();
	wait_for_request(4);
	end(fixture);
	g_assert_cmpstr(world.sent->str, ==, "x abcd efgh i ");
	assert_result(fixture, 10, 0, 0, 0);
	g_assert_cmpuint(fixture->result.n_requests, ==, 4);
	g_assert_cmpuint(fixture->result.n_bytes, ==, world.n_bytes);
	g_assert_cmpstr(world.said->str, ==, "");
}

/* A request has no more than a MiB and one frame, and no more than a receiver takes unpacked. */
static void
test_sizes(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree guint8 *bytes = g_malloc0(33 * MIB);
	g_autoptr(GRand) random = g_rand_new_with_seed(1);

	fixture->setup.queue_size = 64 * MIB;
	start(fixture, NULL);
	append_bytes(fixture, bytes, 17 * MIB);
	append_bytes(fixture, bytes, 17 * MIB);
	append_bytes(fixture, bytes, 33 * MIB);
	for (guint i = 0; i < 600 * 1024; i++)
		bytes[i] = (guint8)g_rand_int(random);
	for (guint i = 0; i < 3; i++)
		append_bytes(fixture, bytes, 600 * 1024);
	end(fixture);
	g_assert_cmpstr(world.sent->str, ==, "x 17825792 17825792 1228800 614400 ");
	assert_result(fixture, 6, 0, 0, 0);
	g_assert_cmpuint(fixture->result.damaged.n_records, ==, 1);
}

/* -------------------------------------------------------------------- again */

/* Each time that it begins to fail, and that it answers again, is told once. */
static void
test_again(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	ANSWER(RETRY, RETRY, SENT, RETRY, SENT);
	fixture->setup.linger = 100 * S;
	start(fixture, NULL);
	append(fixture, "ab");
	let_go();
	wait_for_request(5);
	append(fixture, "c");
	end(fixture);
	g_assert_cmpstr(world.sent->str, ==, "x x x ab ab c ");
	/* the pauses begin again with each answer */
	g_assert_cmpstr(world.failures->str, ==, "1 2 1 ");
	assert_result(fixture, 4, 0, 0, 0);
	g_assert_cmpuint(fixture->result.n_requests, ==, 6);
	g_assert_cmpuint(count_said("it answers 503; records wait in memory until it takes them, "
				    "the last 2 MiB at most\n"),
			 ==, 2);
	g_assert_cmpuint(count_said("http://host/ answers again after 40.0 s\n"), ==, 1);
	g_assert_cmpuint(count_said("http://host/ answers again after 20.0 s\n"), ==, 1);
}

/* Where nobody listens there is no request to count. */
static void
test_nobody(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	ANSWER(NO_PLACE, NO_PLACE, SENT);
	start(fixture, NULL);
	let_go();
	wait_for_request(3);
	end(fixture);
	g_assert_cmpuint(fixture->result.n_requests, ==, 1);
	g_assert_cmpuint(fixture->result.n_bytes, ==, world.n_bytes / 3);
	assert_result(fixture, 1, 0, 0, 0);
}

/* ------------------------------------------------------------------ refused */

/* Halves show which record is refused. */
static void
test_halves(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	world.bad = 'c';
	start(fixture, NULL);
	append(fixture, "abcdcea");
	end(fixture);
	g_assert_cmpstr(world.sent->str, ==, "x abcd ab cd c d cea c ea ");
	assert_result(fixture, 6, 0, 2, 0);
	g_assert_cmpuint(count_said("it answers 400; what it refuses is lost there"), ==, 1);
}

/* What is wrong with the whole request does not show in its halves. */
static void
test_whole(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	world.bad = 'c';
	world.status = 401;
	start(fixture, NULL);
	append(fixture, "abcd");
	end(fixture);
	g_assert_cmpstr(world.sent->str, ==, "x abcd ");
	assert_result(fixture, 1, 0, 4, 0);
}

/* What may have arrived and is known there is no loss, each record of it. */
static void
test_known(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	ANSWER(SENT, RETRY, KNOWN, KNOWN, KNOWN);
	start(fixture, NULL);
	append(fixture, "ab");
	end(fixture);
	g_assert_cmpstr(world.sent->str, ==, "x ab ab a b ");
	assert_result(fixture, 1, 2, 0, 0);
}

/* What was not sent before, or did surely not arrive, is refused, whatever the receiver says. */
static void
test_not_known(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	ANSWER(KNOWN, BUSY, KNOWN, KNOWN, KNOWN);
	start(fixture, NULL);
	append(fixture, "ab");
	end(fixture);
	g_assert_cmpstr(world.sent->str, ==, "x ab ab a b ");
	assert_result(fixture, 0, 0, 3, 0);
}

/* When it takes one record of a request as new, it did not have the ones after it either. */
static void
test_new(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	ANSWER(SENT, RETRY, KNOWN, SENT, KNOWN, RETRY, KNOWN);
	fixture->setup.batch_samples = 2;
	fixture->setup.linger = 100 * S;
	start(fixture, NULL);
	append(fixture, "abc");
	end(fixture);
	g_assert_cmpstr(world.sent->str, ==, "x ab ab a b c c ");
	/* of the next request nothing was new */
	assert_result(fixture, 2, 1, 1, 0);
}

#define ADD(path, data, test) g_test_add(path, Fixture, data, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
	g_log_set_handler("vmfc", G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE, note_message, NULL);
	ADD("/delivery/batches", NULL, test_batches);
	ADD("/delivery/sizes", NULL, test_sizes);
	ADD("/delivery/again", NULL, test_again);
	ADD("/delivery/nobody", NULL, test_nobody);
	ADD("/delivery/halves", NULL, test_halves);
	ADD("/delivery/whole", NULL, test_whole);
	ADD("/delivery/known", NULL, test_known);
	ADD("/delivery/not-known", NULL, test_not_known);
	ADD("/delivery/new", NULL, test_new);
	return g_test_run();
}
