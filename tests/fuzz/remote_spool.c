/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A file of the spool that a killed vmfc, a full disk or a power cut has left: what is counted is
 * what can be taken, and what is written after it is found again.
 */

#include "remote_write/spool.h"

#include <fcntl.h>
#include <glib/gstdio.h>

#include "fuzz.h"

#define LIMIT	(1024 * 1024)
#define ADDRESS "http://localhost/"

static void
ignore(G_GNUC_UNUSED const gchar *domain, G_GNUC_UNUSED GLogLevelFlags level,
       G_GNUC_UNUSED const gchar *message, G_GNUC_UNUSED gpointer user_data)
{
}

/* @last: (out) (transfer full) (nullable): the last frame. Returns: how much could be taken */
static Amount
take_all(Spool *spool, Frame **last)
{
	Amount taken = {0};
	const Amount damaged = *spool_get_damaged(spool);

	*last = NULL;
	for (Frame *frame = spool_take(spool); frame != NULL; frame = spool_take(spool)) {
		amount_add(&taken, &frame->amount);
		g_clear_pointer(last, frame_free);
		*last = frame;
	}
	/* all that was counted can be read */
	g_assert_cmpuint(spool_get_damaged(spool)->n_samples, ==, damaged.n_samples);
	g_assert_cmpuint(spool_get_waiting(spool)->n_samples, ==, 0);
	return taken;
}

static Spool *
reopen(const gchar *folder)
{
	g_autoptr(GError) error = NULL;
	Spool *spool = spool_open(folder, ADDRESS, LIMIT, &error);

	g_assert_no_error(error);
	return spool;
}

/* The frame that was added is the last one. Returns: whether it may have been sent */
static gboolean
read_trial(const gchar *folder)
{
	g_autoptr(Frame) last = NULL;
	Spool *spool = reopen(folder);

	take_all(spool, &last);
	spool_close(spool);
	return last->is_tried;
}

static void
check_marks(const gchar *folder, guint64 n_samples)
{
	g_autoptr(Frame) last = NULL;
	Spool *spool = reopen(folder);

	g_assert_cmpuint(take_all(spool, &last).n_samples, ==, n_samples);
	spool_mark_tried(spool, last);
	spool_unmark_tried(spool);
	spool_close(spool);
	g_assert_false(read_trial(folder));
	spool = reopen(folder);
	g_clear_pointer(&last, frame_free);
	take_all(spool, &last);
	spool_mark_tried(spool, last);
	spool_close(spool);
	g_assert_true(read_trial(folder));
}

static void
check(const gchar *folder)
{
	const Amount one = {1, 7};
	g_autoptr(Frame) frame = frame_new(g_bytes_new_static("content", 7), &one);
	g_autoptr(Frame) last = NULL;
	Amount dropped = {0};

	Spool *spool = reopen(folder);
	Amount counted = *spool_get_waiting(spool);
	g_assert_true(spool_append(spool, frame, &dropped, NULL));
	spool_close(spool);
	g_assert_cmpuint(dropped.n_samples, ==, 0);
	check_marks(folder, counted.n_samples + one.n_samples);
	spool = reopen(folder);
	Amount taken = take_all(spool, &last);
	g_assert_cmpuint(taken.n_records, ==, counted.n_records + one.n_records);
	spool_ack(spool, last);
	spool_close(spool);
	spool = reopen(folder);
	g_assert_cmpuint(spool_get_waiting(spool)->n_samples, ==, 0);
	spool_close(spool);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree gchar *folder = g_dir_make_tmp("vmfc-fuzz-XXXXXX", NULL);
	g_autofree gchar *file = g_build_filename(folder, "0000000000000001.frames", NULL);
	g_autofree gchar *lock = g_build_filename(folder, "spool", NULL);

	if (size > LIMIT / 2)
		size = LIMIT / 2;
	g_log_set_default_handler(ignore, NULL);
	g_assert_true(g_file_set_contents(file, (const gchar *)data, (gssize)size, NULL));
	check(folder);
	g_assert_cmpint(g_unlink(lock), ==, 0);
	/* nothing else is left */
	g_assert_cmpint(g_rmdir(folder), ==, 0);
	return 0;
}
