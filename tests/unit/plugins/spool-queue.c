/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What waits in memory, beside a spool that can fail, and what of the spool is synced when. */

#include "remote_write/queue.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "count-entries.h"
#include "remote_write/spool-format.h"
#include "remote_write/spool-sync.h"
#include "remove-folder.h"

#define CONTENT	 100 /* bytes */
#define OVERHEAD 128 /* of a frame in memory */
#define HOUR	 (3600 * (gint64)G_USEC_PER_SEC)
/* Two frames fit into a file of the spool. */
#define LIMIT (16 * (SPOOL_MARK_SIZE + 2 * (SPOOL_HEADER_SIZE + CONTENT) + CONTENT))

/* In place of the C library's, see meson.build. */
static struct {
	gboolean is_full; /* the disk */
	gint failure;	  /* errno of a sync; 0: it succeeds */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	GString *calls; /* f: a file, d: a folder */
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

#pragma GCC visibility push(default)
int
__wrap_fdatasync(int fd);
int
__wrap_fsync(int fd);
ssize_t
__wrap_pwritev64(int fd, const struct iovec *parts, int n_parts, off_t offset);
ssize_t
__real_pwritev64(int fd, const struct iovec *parts, int n_parts, off_t offset);
#pragma GCC visibility pop

static gint
note_sync(gint fd, mode_t type, gchar letter)
{
	struct stat info;

	g_assert_cmpint(fstat(fd, &info), ==, 0);
	g_assert_cmpint(info.st_mode & S_IFMT, ==, type);
	pthread_mutex_lock(&disk.lock);
	g_string_append_c(disk.calls, letter);
	pthread_cond_broadcast(&disk.changed);
	pthread_mutex_unlock(&disk.lock);
	errno = disk.failure;
	return disk.failure == 0 ? 0 : -1;
}

int
__wrap_fdatasync(int fd)
{
	return note_sync(fd, S_IFREG, 'f');
}

int
__wrap_fsync(int fd)
{
	return note_sync(fd, S_IFDIR, 'd');
}

ssize_t
__wrap_pwritev64(int fd, const struct iovec *parts, int n_parts, off_t offset)
{
	if (!disk.is_full)
		return __real_pwritev64(fd, parts, n_parts, offset);
	errno = ENOSPC;
	return -1;
}

/* @samples: its number, too */
static Frame *
make_frame(guint samples)
{
	const Amount amount = {1, samples};
	gchar content[CONTENT] = "";

	return frame_new(g_bytes_new(content, sizeof(content)), &amount);
}

/* Takes frames until there are none; they must be these. */
static void
assert_takes(Queue *queue, const guint *samples, guint n)
{
	for (guint i = 0; i < n; i++) {
		guint64 before = queue_count_samples(queue);
		g_autoptr(Frame) frame = queue_take(queue);
		g_assert_nonnull(frame);
		g_assert_cmpuint(frame->amount.n_samples, ==, samples[i]);
		g_assert_cmpuint(queue_count_samples(queue), ==, before - samples[i]);
	}
	g_assert_null(queue_take(queue));
	g_assert_cmpuint(queue_count_samples(queue), ==, 0);
	g_assert_cmpuint(queue->size, ==, 0);
	g_assert_cmpuint(queue->waiting.n_records, ==, 0);
}

/* -------------------------------------------------------------------- memory */

/* Three fit; a fourth takes the place of the oldest one, which is counted. A byte less is for two.
 */
static void
test_memory(void)
{
	static const guint left[] = {2, 3, 4};
	Queue queue;

	queue_init(&queue, 3 * (CONTENT + OVERHEAD) - 1, NULL);
	for (guint i = 1; i <= 4; i++)
		queue_append(&queue, make_frame(i), NULL);
	assert_takes(&queue, left + 1, 2);
	queue_clear(&queue);
	queue_init(&queue, 3 * (CONTENT + OVERHEAD), NULL);
	for (guint i = 1; i <= 4; i++) {
		g_assert_true(queue_append(&queue, make_frame(i), NULL));
		g_assert_cmpuint(queue.dropped.n_records, ==, i == 4 ? 1 : 0);
	}
	g_assert_cmpuint(queue.dropped.n_samples, ==, 1);
	g_assert_cmpuint(queue.waiting.n_records, ==, 3);
	assert_takes(&queue, left, G_N_ELEMENTS(left));
	queue_clear(&queue);
}

/* A frame that is larger than the queue is all that it has, until the next one. */
static void
test_large(void)
{
	static const guint left[] = {2};
	Queue queue;

	queue_init(&queue, CONTENT, NULL);
	queue_append(&queue, make_frame(1), NULL);
	g_assert_cmpuint(queue_count_samples(&queue), ==, 1);
	queue_append(&queue, make_frame(2), NULL);
	g_assert_cmpuint(queue.dropped.n_samples, ==, 1);
	assert_takes(&queue, left, G_N_ELEMENTS(left));
	queue_clear(&queue);
}

/* --------------------------------------------------------------------- spool */

typedef struct {
	gchar *folder;
	Spool *spool;
	pthread_mutex_t lock;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	disk.is_full = FALSE;
	disk.failure = 0;
	disk.calls = g_string_new(NULL);
	pthread_mutex_init(&fixture->lock, NULL);
	fixture->folder = g_dir_make_tmp("vmfc-queue-XXXXXX", NULL);
	fixture->spool = spool_open(fixture->folder, "http://host/", LIMIT, NULL);
	g_assert_nonnull(fixture->spool);
	g_string_truncate(disk.calls, 0);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_test_assert_expected_messages();
	disk.failure = 0;
	g_clear_pointer(&fixture->spool, spool_close);
	remove_folder(fixture->folder);
	g_free(fixture->folder);
	g_string_free(disk.calls, TRUE);
	pthread_mutex_destroy(&fixture->lock);
}

/* What the spool cannot store waits in memory, and so does what is newer, until that is sent. */
static void
test_failing(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const guint all[] = {1, 2, 3, 4};
	static const guint later[] = {5};
	g_autoptr(GError) error = NULL;
	Queue queue;

	queue_init(&queue, 1024 * 1024, g_steal_pointer(&fixture->spool));
	g_assert_true(queue_append(&queue, make_frame(1), NULL));
	disk.is_full = TRUE;
	g_assert_false(queue_append(&queue, make_frame(2), &error));
	g_assert_nonnull(error);
	/* it is not tried again as long as one waits in memory */
	g_assert_true(queue_append(&queue, make_frame(3), NULL));
	disk.is_full = FALSE;
	g_assert_true(queue_append(&queue, make_frame(4), NULL));
	g_assert_cmpuint(queue.waiting.n_records, ==, 3);
	g_assert_cmpuint(queue_count_samples(&queue), ==, 10);
	assert_takes(&queue, all, G_N_ELEMENTS(all));
	g_assert_true(queue_append(&queue, make_frame(5), NULL));
	g_assert_cmpuint(queue.waiting.n_records, ==, 0);
	assert_takes(&queue, later, G_N_ELEMENTS(later));
	queue_clear(&queue);
}

/* ------------------------------------------------------------------- syncing */

static void
append(Fixture *fixture)
{
	g_autoptr(Frame) frame = make_frame(1);
	Amount dropped = {0};

	pthread_mutex_lock(&fixture->lock);
	g_assert_true(spool_append(fixture->spool, frame, &dropped, NULL));
	pthread_mutex_unlock(&fixture->lock);
}

static void
assert_synced(const gchar *calls)
{
	g_assert_cmpstr(disk.calls->str, ==, calls);
	g_string_truncate(disk.calls, 0);
}

/* Until the thread has synced something with this letter. */
static void
wait_for(gchar letter)
{
	pthread_mutex_lock(&disk.lock);
	while (strchr(disk.calls->str, letter) == NULL)
		pthread_cond_wait(&disk.changed, &disk.lock);
	pthread_mutex_unlock(&disk.lock);
}

static void
append_and_wake(Fixture *fixture, SpoolSync *sync)
{
	append(fixture);
	pthread_mutex_lock(&fixture->lock);
	spool_sync_wake(sync);
	pthread_mutex_unlock(&fixture->lock);
}

/* Returns: (transfer full): one whose thread has synced a frame, and syncs nothing for an hour */
static SpoolSync *
start_sync(Fixture *fixture)
{
	SpoolSync *sync = spool_sync_new(fixture->spool, &fixture->lock, HOUR, NULL);

	append_and_wake(fixture, sync);
	wait_for('d');
	/* waits for the thread */
	spool_sync_now(sync);
	assert_synced("fd");
	return sync;
}

/* A name comes after its content. What has not changed is not synced, and nothing stays open. */
static void
test_sync(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	SpoolSync *sync = start_sync(fixture);
	guint n_open = count_open();

	spool_sync_now(sync);
	assert_synced("");
	append(fixture);
	spool_sync_now(sync);
	assert_synced("f");
	append(fixture);
	spool_sync_now(sync);
	assert_synced("fd");
	g_assert_cmpuint(count_open(), ==, n_open + 1); /* the second file of the spool */
	spool_sync_free(sync);
}

/* It is said once while it fails, and again when it has succeeded in between. */
static void
test_sync_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gint failures[] = {EIO, EIO, 0, ENOSPC, 0, EINVAL, ENOSYS};
	static const gchar *const said[] = {"* cannot be synced to the disk: Input/output error; *",
					    NULL,
					    NULL,
					    "* synced to the disk: No space left on device; *",
					    NULL,
					    NULL,
					    NULL};
	SpoolSync *sync = start_sync(fixture);

	for (guint i = 0; i < G_N_ELEMENTS(failures); i++) {
		append(fixture);
		disk.failure = failures[i];
		if (said[i] != NULL)
			g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, said[i]);
		spool_sync_now(sync);
		g_test_assert_expected_messages();
	}
	spool_sync_free(sync);
}

/* The thread syncs what changes after it was woken, and goes on doing so. */
static void
test_thread(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	SpoolSync *sync = spool_sync_new(fixture->spool, &fixture->lock, 1, NULL);

	for (guint i = 0; i < 3; i++) {
		append_and_wake(fixture, sync);
		wait_for(i == 0 ? 'd' : 'f');
		pthread_mutex_lock(&disk.lock);
		g_string_truncate(disk.calls, 0);
		pthread_mutex_unlock(&disk.lock);
	}
	spool_sync_free(sync);
}

/* What is left for the end is synced then, the folder last. */
static void
test_close(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	append(fixture);
	g_clear_pointer(&fixture->spool, spool_close);
	assert_synced("fd");
	fixture->spool = spool_open(fixture->folder, "http://host/", LIMIT, NULL);
	g_string_truncate(disk.calls, 0);
	g_clear_pointer(&fixture->spool, spool_close);
	assert_synced("");
	fixture->spool = spool_open(fixture->folder, "http://host/", LIMIT, NULL);
}

#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/spool-queue/memory", test_memory);
	g_test_add_func("/spool-queue/large", test_large);
	ADD("/spool-queue/failing", test_failing);
	ADD("/spool-queue/sync", test_sync);
	ADD("/spool-queue/sync-fails", test_sync_fails);
	ADD("/spool-queue/thread", test_thread);
	ADD("/spool-queue/close", test_close);
	return g_test_run();
}
