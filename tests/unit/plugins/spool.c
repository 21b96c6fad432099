/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What waits in a spool, in which order, on which files, and what the next run finds of it. */

#include "remote_write/spool.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "count-entries.h"
#include "remote_write/spool-format.h"
#include "remove-folder.h"

#define RECEIVER "http://host/"
#define CONTENT	 80 /* bytes */
#define FRAME	 (CONTENT + SPOOL_HEADER_SIZE)
/* Two frames fit into a file. */
#define LIMIT (16 * (SPOOL_MARK_SIZE + 2 * FRAME + FRAME / 2))
/* Files of two frames that fit into the folder. */
#define N_FILES (LIMIT / (SPOOL_MARK_SIZE + 2 * FRAME))

/* In place of the C library's, see meson.build. */
static gssize room;	   /* bytes of a frame that the disk takes; negative: all */
static gboolean has_marks; /* whether it takes marks nevertheless */

#pragma GCC visibility push(default)
ssize_t
__wrap_pwritev64(int fd, const struct iovec *parts, int n_parts, off_t offset);
ssize_t
__wrap_pwrite64(int fd, const void *bytes, size_t length, off_t offset);
ssize_t
__real_pwritev64(int fd, const struct iovec *parts, int n_parts, off_t offset);
ssize_t
__real_pwrite64(int fd, const void *bytes, size_t length, off_t offset);
#pragma GCC visibility pop

ssize_t
__wrap_pwritev64(int fd, const struct iovec *parts, int n_parts, off_t offset)
{
	if (room < 0)
		return __real_pwritev64(fd, parts, n_parts, offset);
	return __real_pwrite64(fd, parts[0].iov_base, MIN((gsize)room, parts[0].iov_len), offset);
}

ssize_t
__wrap_pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
	if (room < 0 || has_marks)
		return __real_pwrite64(fd, bytes, length, offset);
	errno = ENOSPC;
	return -1;
}

typedef struct {
	gchar *folder;
	Spool *spool;
	guint n_open; /* files of this process, without those of the spool */
	guint n_appended;
	Amount dropped;
} Fixture;

/* Returns: how many files have frames */
static guint
count_files(const Fixture *fixture)
{
	return count_entries(fixture->folder) - 1;
}

static void
open_spool(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	fixture->spool = spool_open(fixture->folder, RECEIVER, LIMIT, &error);
	g_assert_no_error(error);
}

static void
close_spool(Fixture *fixture)
{
	g_clear_pointer(&fixture->spool, spool_close);
	g_assert_cmpuint(count_open(), ==, fixture->n_open);
}

/* As the next run does. */
static void
reopen(Fixture *fixture)
{
	close_spool(fixture);
	open_spool(fixture);
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	room = -1;
	has_marks = FALSE;
	fixture->folder = g_dir_make_tmp("vmfc-spool-XXXXXX", NULL);
	fixture->n_open = count_open();
	open_spool(fixture);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	close_spool(fixture);
	remove_folder(fixture->folder);
	g_free(fixture->folder);
}

/* Appends the next frame: it has its number, one record, and ten samples. */
static gboolean
append(Fixture *fixture, GError **error)
{
	static const Amount amount = {1, 10};
	gchar content[CONTENT] = "";

	g_snprintf(content, sizeof(content), "%u", fixture->n_appended++);
	g_autoptr(Frame) frame = frame_new(g_bytes_new(content, sizeof(content)), &amount);
	return spool_append(fixture->spool, frame, &fixture->dropped, error);
}

static void
append_many(Fixture *fixture, guint n)
{
	for (guint i = 0; i < n; i++)
		g_assert_true(append(fixture, NULL));
}

/* Returns: (transfer full): the oldest frame, which must be the one with this number */
static Frame *
take(Fixture *fixture, guint number)
{
	g_autofree gchar *expected = g_strdup_printf("%u", number);
	Frame *frame = spool_take(fixture->spool);

	g_assert_nonnull(frame);
	g_assert_cmpstr(g_bytes_get_data(frame->packed, NULL), ==, expected);
	g_assert_cmpuint(g_bytes_get_size(frame->packed), ==, CONTENT);
	g_assert_cmpuint(frame->amount.n_records, ==, 1);
	g_assert_cmpuint(frame->amount.n_samples, ==, 10);
	return frame;
}

static void
take_many(Fixture *fixture, guint first, guint n)
{
	for (guint i = first; i < first + n; i++)
		frame_free(take(fixture, i));
}

static void
assert_waiting(const Fixture *fixture, guint n)
{
	g_assert_cmpuint(spool_get_waiting(fixture->spool)->n_records, ==, n);
	g_assert_cmpuint(spool_get_waiting(fixture->spool)->n_samples, ==, 10 * n);
}

static void
assert_damaged(const Fixture *fixture, guint n)
{
	g_assert_cmpuint(spool_get_damaged(fixture->spool)->n_records, ==, n);
}

/* --------------------------------------------------------------------- order */

/* Over files and runs the oldest comes first; what is appended meanwhile comes last. */
static void
test_order(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	append_many(fixture, 21);
	g_assert_cmpuint(count_files(fixture), ==, 11);
	assert_waiting(fixture, 21);
	take_many(fixture, 0, 3);
	assert_waiting(fixture, 18);
	reopen(fixture);
	/* none has its answer */
	assert_waiting(fixture, 21);
	append_many(fixture, 2);
	g_assert_cmpuint(count_files(fixture), ==, 12);
	take_many(fixture, 0, 23);
	g_assert_null(spool_take(fixture->spool));
	assert_waiting(fixture, 0);
	append_many(fixture, 1);
	take_many(fixture, 23, 1);
	g_assert_cmpuint(fixture->dropped.n_records, ==, 0);
}

/* Where there is no room, the oldest are dropped, no more than a file at a time, and counted. */
static void
test_room(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 60; i++) {
		append_many(fixture, 1);
		guint n_dropped = (guint)fixture->dropped.n_records;
		g_assert_cmpuint(fixture->dropped.n_samples, ==, 10 * n_dropped);
		assert_waiting(fixture, i + 1 - n_dropped);
		g_assert_cmpuint(count_files(fixture), <=, N_FILES);
		if (i >= 2 * N_FILES)
			g_assert_cmpuint(count_files(fixture), >=, N_FILES - 1);
	}
	guint n_dropped = (guint)fixture->dropped.n_records;
	reopen(fixture);
	assert_waiting(fixture, 60 - n_dropped);
	take_many(fixture, n_dropped, 60 - n_dropped);
}

/* What was taken and is then dropped is not counted as dropped: it is being sent. */
static void
test_dropped_while_sent(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	append_many(fixture, 30);
	g_autoptr(Frame) first = take(fixture, 0);
	g_autoptr(Frame) third = NULL;
	take_many(fixture, 1, 1);
	third = take(fixture, 2);
	g_assert_true(spool_has(fixture->spool, first));
	while (spool_has(fixture->spool, first))
		append_many(fixture, 1);
	g_assert_cmpuint(fixture->dropped.n_records, ==, 0);
	g_assert_true(spool_has(fixture->spool, third));
	/* its answer is nothing to the files that are left */
	guint n_files = count_files(fixture);
	spool_ack(fixture->spool, first);
	spool_mark_tried(fixture->spool, first);
	g_assert_cmpuint(count_files(fixture), ==, n_files);
	reopen(fixture);
	g_autoptr(Frame) again = take(fixture, 2);
	g_assert_false(again->is_tried);
}

/* ------------------------------------------------------------------- answers */

/* What has its answer is gone, the rest is there for the next run, which begins right after it. */
static void
test_ack(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	append_many(fixture, 6);
	g_autoptr(Frame) first = take(fixture, 0);
	take_many(fixture, 1, 1);
	g_autoptr(Frame) third = take(fixture, 2);
	spool_ack(fixture->spool, first);
	g_assert_cmpuint(count_files(fixture), ==, 3);
	spool_ack(fixture->spool, third);
	g_assert_cmpuint(count_files(fixture), ==, 2);
	/* an answer of before takes nothing back */
	spool_ack(fixture->spool, first);
	reopen(fixture);
	assert_waiting(fixture, 3);
	take_many(fixture, 3, 2);
	g_autoptr(Frame) last = take(fixture, 5);
	spool_ack(fixture->spool, last);
	close_spool(fixture);
	g_assert_cmpuint(count_files(fixture), ==, 0);
	open_spool(fixture);
	assert_waiting(fixture, 0);
}

/* A file in which nothing waits goes, also where an answer came after a later one. */
static void
test_nothing_waits(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *file = g_build_filename(fixture->folder, "0000000000000001.frames", NULL);
	g_autofree gchar *bytes = NULL;
	gsize length;

	append_many(fixture, 2);
	g_autoptr(Frame) first = take(fixture, 0);
	g_autoptr(Frame) second = take(fixture, 1);
	spool_ack(fixture->spool, second);
	spool_ack(fixture->spool, first);
	g_assert_true(g_file_get_contents(file, &bytes, &length, NULL));
	close_spool(fixture);
	g_assert_true(g_file_set_contents(file, bytes, (gssize)length, NULL));
	open_spool(fixture);
	g_assert_cmpuint(count_files(fixture), ==, 0);
}

/* @n_tried: of four frames so many may have arrived, says the next run */
static void
assert_tried(Fixture *fixture, guint n_tried)
{
	reopen(fixture);
	for (guint i = 0; i < 4; i++) {
		g_autoptr(Frame) frame = take(fixture, i);
		g_assert_cmpint(frame->is_tried, ==, i < n_tried);
	}
}

/* The next run knows which frames the receiver may have, over the files. */
static void
test_tried(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	append_many(fixture, 4);
	g_autoptr(Frame) first = take(fixture, 0);
	take_many(fixture, 1, 1);
	g_autoptr(Frame) third = take(fixture, 2);
	take_many(fixture, 3, 1);
	assert_tried(fixture, 0);
	spool_mark_tried(fixture->spool, third);
	spool_unmark_tried(fixture->spool);
	assert_tried(fixture, 0);
	spool_mark_tried(fixture->spool, first);
	assert_tried(fixture, 1);
	/* what surely did not arrive takes back no more than itself */
	spool_mark_tried(fixture->spool, third);
	spool_unmark_tried(fixture->spool);
	assert_tried(fixture, 1);
	spool_mark_tried(fixture->spool, third);
	spool_mark_tried(fixture->spool, first);
	assert_tried(fixture, 3);
}

/* The same within one run. */
static void
test_tried_twice(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	append_many(fixture, 4);
	g_autoptr(Frame) first = take(fixture, 0);
	g_autoptr(Frame) second = take(fixture, 1);
	spool_mark_tried(fixture->spool, first);
	spool_mark_tried(fixture->spool, second);
	spool_unmark_tried(fixture->spool);
	assert_tried(fixture, 1);
}

/* ---------------------------------------------------------------- full disks */

/* What a write has left of a frame is taken back: the next run must not call it damaged. */
static void
test_torn(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *file = g_build_filename(fixture->folder, "0000000000000001.frames", NULL);
	g_autoptr(GError) error = NULL;
	struct stat info;

	append_many(fixture, 1);
	room = 7;
	g_assert_false(append(fixture, &error));
	g_assert_nonnull(strstr(error->message, "No space left on device"));
	g_assert_cmpint(g_stat(file, &info), ==, 0);
	g_assert_cmpint(info.st_size, ==, SPOOL_MARK_SIZE + FRAME);
	assert_waiting(fixture, 1);
	/* one that cannot even be created leaves nothing */
	g_assert_false(append(fixture, NULL));
	g_assert_cmpuint(count_files(fixture), ==, 1);
	room = -1;
	append_many(fixture, 1);
	g_assert_cmpuint(count_files(fixture), ==, 2);
	reopen(fixture);
	assert_damaged(fixture, 0);
	take_many(fixture, 0, 1);
	take_many(fixture, 3, 1);
}

/* A file that takes not even one frame does not stay, and with it no descriptor. */
static void
test_no_frame(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	append_many(fixture, 2);
	room = 0;
	for (guint i = 0; i < 4; i++) {
		guint n_open = count_open();
		has_marks = i % 2 == 1;
		g_assert_false(append(fixture, NULL));
		g_assert_cmpuint(count_files(fixture), ==, 1);
		g_assert_cmpuint(count_open(), ==, n_open);
	}
	assert_waiting(fixture, 2);
}

/* What a power cut has left of the last frame is not written over: more of it could follow. */
static void
test_cut(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *file = g_build_filename(fixture->folder, "0000000000000001.frames", NULL);

	append_many(fixture, 2);
	close_spool(fixture);
	g_assert_cmpint(truncate(file, SPOOL_MARK_SIZE + 2 * FRAME - 10), ==, 0);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "*: 90 bytes of a file are damaged*");
	open_spool(fixture);
	g_test_assert_expected_messages();
	append_many(fixture, 1);
	g_assert_cmpuint(count_files(fixture), ==, 2);
	take_many(fixture, 0, 1);
	take_many(fixture, 2, 1);
	g_assert_null(spool_take(fixture->spool));
}

/* A disk that changes what was written: what cannot be read is counted once, the rest goes on. */
static void
test_damaged(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *file = g_build_filename(fixture->folder, "0000000000000001.frames", NULL);

	append_many(fixture, 3);
	g_assert_cmpint(truncate(file, SPOOL_MARK_SIZE + FRAME + 50), ==, 0);
	take_many(fixture, 0, 1);
	take_many(fixture, 2, 1);
	assert_damaged(fixture, 1);
	assert_waiting(fixture, 0);
	/* what follows is not written into a file that cannot be read */
	append_many(fixture, 1);
	g_assert_cmpuint(count_files(fixture), ==, 3);
	take_many(fixture, 3, 1);
	g_assert_null(spool_take(fixture->spool));
	assert_damaged(fixture, 1);
}

/* ------------------------------------------------------------------- syncing */

/* @folder: whether the folder has changed as well */
static void
assert_unsynced(const Fixture *fixture, guint n_files, gboolean folder)
{
	g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(gint));
	SpoolUnsynced unsynced = {.files = files};

	g_assert_cmpint(spool_is_synced(fixture->spool), ==, n_files == 0 && !folder);
	spool_take_unsynced(fixture->spool, &unsynced);
	g_assert_cmpint(unsynced.failure, ==, 0);
	g_assert_cmpuint(files->len, ==, n_files);
	g_assert_cmpint(unsynced.folder >= 0, ==, folder);
	for (guint i = 0; i < n_files; i++)
		g_assert_cmpint(close(g_array_index(files, gint, i)), ==, 0);
	if (folder)
		g_assert_cmpint(close(unsynced.folder), ==, 0);
	g_assert_true(spool_is_synced(fixture->spool));
}

/* Files that have changed, and the folder where one came or went. */
static void
test_unsynced(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	assert_unsynced(fixture, 0, FALSE);
	append_many(fixture, 1);
	assert_unsynced(fixture, 1, TRUE);
	append_many(fixture, 1);
	assert_unsynced(fixture, 1, FALSE);
	append_many(fixture, 3);
	assert_unsynced(fixture, 2, TRUE);
	g_autoptr(Frame) first = take(fixture, 0);
	g_autoptr(Frame) second = take(fixture, 1);
	assert_unsynced(fixture, 0, FALSE);
	spool_mark_tried(fixture->spool, first);
	assert_unsynced(fixture, 1, FALSE);
	spool_unmark_tried(fixture->spool);
	assert_unsynced(fixture, 1, FALSE);
	spool_mark_tried(fixture->spool, first);
	assert_unsynced(fixture, 1, FALSE);
	spool_mark_tried(fixture->spool, first);
	assert_unsynced(fixture, 0, FALSE);
	spool_ack(fixture->spool, first);
	assert_unsynced(fixture, 1, FALSE);
	/* a file that is gone must not come back after a power cut */
	spool_ack(fixture->spool, second);
	assert_unsynced(fixture, 0, TRUE);
}

#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("/spool/order", test_order);
	ADD("/spool/room", test_room);
	ADD("/spool/dropped-while-sent", test_dropped_while_sent);
	ADD("/spool/ack", test_ack);
	ADD("/spool/nothing-waits", test_nothing_waits);
	ADD("/spool/tried", test_tried);
	ADD("/spool/tried-twice", test_tried_twice);
	ADD("/spool/torn", test_torn);
	ADD("/spool/no-frame", test_no_frame);
	ADD("/spool/cut", test_cut);
	ADD("/spool/damaged", test_damaged);
	ADD("/spool/unsynced", test_unsynced);
	return g_test_run();
}
