/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The queue of the writer, and sinks and disks that fail. */

#include <errno.h>
#include <semaphore.h>
#include <time.h>

#include "tray.h"

/* Another sink, which loses nothing. */
static gboolean
shelf_write(G_GNUC_UNUSED gpointer self, G_GNUC_UNUSED const VmfcRecord *record,
	    G_GNUC_UNUSED GError **error)
{
	return TRUE;
}

static gboolean
shelf_close(G_GNUC_UNUSED gpointer self, G_GNUC_UNUSED GError **error)
{
	return TRUE;
}

static const VmfcSink other_sink = {tray_open, shelf_write, NULL, shelf_close};
static const VmfcPlugin shelf = {.name = "shelf", .sink = &other_sink};

/*
 * In place of the core's, see meson.build: what the disk does after each record, one letter each:
 * F: it fails, o: it does not, -: no sync is due.
 */
static const gchar *disk;
static guint n_looks; /* of the writer: whether a sync is due */

#pragma GCC visibility push(default)
gboolean
__wrap_vmfc_fsync_is_due(const VmfcFsync *sync);
gboolean
__wrap_vmfc_fsync_all(VmfcFsync *sync, GError **error);
#pragma GCC visibility pop

gboolean
__wrap_vmfc_fsync_is_due(G_GNUC_UNUSED const VmfcFsync *sync)
{
	if (disk == NULL || *disk == '\0')
		return FALSE;
	/* what is synced is written: all records up to this one */
	g_assert_cmpuint(tray->ticks->len, ==, ++n_looks);
	return *disk++ != '-';
}

gboolean
__wrap_vmfc_fsync_all(G_GNUC_UNUSED VmfcFsync *sync, GError **error)
{
	if (disk[-1] == 'o')
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the disk is cracked");
	return FALSE;
}

static void
test_order(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	start(fixture);
	tray_set(TRUE, FALSE);
	for (guint64 i = 0; i < CAPACITY - 1; i++)
		hand_over(fixture, i);
	tray_set(FALSE, FALSE);
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_false(result.failed);
	g_assert_cmpuint(result.n_written, ==, CAPACITY - 1);
	g_assert_cmpuint(fixture->n_written, ==, CAPACITY - 1);
	g_assert_cmpuint(tray->ticks->len, ==, CAPACITY - 1);
	for (guint64 i = 0; i < tray->ticks->len; i++)
		g_assert_cmpuint(g_array_index(tray->ticks, guint64, i), ==, i);
	g_assert_cmpuint(tray->n_flushed, >, 0);
	g_assert_true(tray->closed);
}

/* A sink that hangs costs records, and they are counted; the caller never waits. */
static void
test_full_queue(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	start(fixture);
	tray_set(TRUE, FALSE);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "tray is too slow: records are dropped*");
	for (guint64 i = 0; i < CAPACITY + 4; i++)
		hand_over(fixture, i);
	g_test_assert_expected_messages();
	tray_set(FALSE, FALSE);
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_true(result.failed);
	/* one row is always in the collector's hands */
	g_assert_cmpuint(result.n_dropped, ==, 5);
	g_assert_cmpuint(result.n_written, ==, CAPACITY - 1);
}

static void
test_failing_sink(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	start(fixture);
	tray_set(TRUE, TRUE);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "tray: the tray is full; records are lost there until it can be "
			      "written again");
	hand_over(fixture, 0);
	hand_over(fixture, 1);
	tray_set(FALSE, TRUE);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_true(result.failed);
	g_assert_cmpuint(result.n_failed, ==, 2);
	g_assert_cmpuint(result.n_written, ==, 0);
	g_assert_true(tray->closed);
}

/* A sink that comes back gets the next records; what it has lost is counted. */
static void
test_sink_recovers(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	start(fixture);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is full; *");
	tray_set(FALSE, TRUE);
	hand_over(fixture, 1);
	hand_over(fixture, 2);
	while (g_atomic_int_get(&fixture->n_written) < 2)
		g_usleep(100);
	g_test_assert_expected_messages();
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "tray writes again; 2 records are lost there");
	tray_set(FALSE, FALSE);
	hand_over(fixture, 3);
	while (g_atomic_int_get(&fixture->n_written) < 3)
		g_usleep(100);
	g_test_assert_expected_messages();
	/* the second time only what was lost then is told */
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is full; *");
	tray_set(FALSE, TRUE);
	hand_over(fixture, 4);
	while (g_atomic_int_get(&fixture->n_written) < 4)
		g_usleep(100);
	g_test_assert_expected_messages();
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "tray writes again; 1 records are lost there");
	tray_set(FALSE, FALSE);
	hand_over(fixture, 5);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_true(result.failed);
	g_assert_cmpuint(result.n_failed, ==, 3);
	g_assert_cmpuint(result.n_written, ==, 2);
	g_assert_cmpuint(result.n_dropped, ==, 0);
}

/* A record that one of several sinks has lost is lost once, whichever of them it is. */
static void
test_two_sinks(Fixture *fixture, gconstpointer first)
{
	VmfcWriterResult result;

	g_ptr_array_insert(fixture->sinks, first != NULL ? 0 : -1,
			   vmfc_context_new(&fixture->run, &shelf, NULL));
	start(fixture);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is full; *");
	tray_set(FALSE, TRUE);
	hand_over(fixture, 1);
	hand_over(fixture, 2);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_true(result.failed);
	g_assert_cmpuint(result.n_failed, ==, 2);
	g_assert_cmpuint(result.n_written, ==, 0);
}

/* All records are written, but who reads the files must know that they may end too early. */
static void
test_close_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	tray->refuses_to_close = TRUE;
	start(fixture);
	hand_over(fixture, 1);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is warped");
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_true(result.failed);
	g_assert_cmpuint(result.n_written, ==, 1);
	g_assert_cmpuint(result.n_failed, ==, 0);
}

static void
test_flush_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	tray->refuses_to_flush = TRUE;
	start(fixture);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is sticky");
	hand_over(fixture, 1);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_true(result.failed);
	g_assert_true(tray->closed);
}

/* A disk that fails again and again is said once each time that it begins to. */
static void
test_disk_fails(Fixture *fixture, gconstpointer course)
{
	const gchar *said = "the disk is cracked; a power cut may lose the last records";
	VmfcWriterResult result;

	disk = course;
	n_looks = 0;
	gchar before = 'o';
	for (const gchar *at = course; *at != '\0'; at++) {
		if (*at == 'F' && before == 'o')
			g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, said);
		before = *at != '-' ? *at : before;
	}
	start(fixture);
	for (guint64 i = 0; i < strlen(course); i++)
		hand_over(fixture, i + 1);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_cmpint(result.failed, ==, strchr(course, 'F') != NULL);
	g_assert_cmpuint(result.n_written, ==, strlen(course));
	g_assert_cmpuint(result.n_failed, ==, 0);
}

/* ------------------------------------------------------- start and end */

static void
test_refuses_to_open(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	VmfcWriterResult result;

	tray->refuses_to_open = TRUE;
	g_assert_true(vmfc_writer_start(fixture->writer, NULL));
	g_assert_false(vmfc_writer_wait_for_sinks(fixture->writer, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_cmpstr(error->message, ==, "the tray is stuck");
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_false(tray->closed);
}

/* In place of the C library's, see meson.build: the first wait for the end is over, but not the
 * end. */
static Fixture *slow;

#pragma GCC visibility push(default)
int
__real_sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until);
int
__wrap_sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until);
#pragma GCC visibility pop

int
__wrap_sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until)
{
	if (slow == NULL)
		return __real_sem_clockwait(semaphore, clock, until);
	tray_set(FALSE, FALSE);
	while (g_atomic_int_get(&slow->n_written) < 3)
		g_usleep(100);
	slow = NULL;
	errno = ETIMEDOUT;
	return -1;
}

/* A sink that needs long for what is queued, but goes on with it, is no reason for a warning. */
static void
test_slow_end(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	start(fixture);
	tray_set(TRUE, FALSE);
	for (guint64 i = 1; i <= 3; i++)
		hand_over(fixture, i);
	slow = fixture;
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_false(result.failed);
	g_assert_cmpuint(result.n_written, ==, 3);
}

/* Many rows through a small queue, for the thread sanitizer. */
static void
test_many(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	start(fixture);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "*");
	tray_set(TRUE, FALSE);
	for (guint64 i = 0; i < CAPACITY; i++)
		hand_over(fixture, i);
	g_test_assert_expected_messages();
	tray_set(FALSE, FALSE);
	for (guint64 i = CAPACITY; i < 20000; i++)
		hand_over(fixture, i);
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_cmpuint(result.n_written + result.n_dropped, ==, 20000);
	for (guint i = 1; i < tray->ticks->len; i++)
		g_assert_cmpuint(g_array_index(tray->ticks, guint64, i - 1), <,
				 g_array_index(tray->ticks, guint64, i));
}

#define ADD_WITH(path, data, func)                                                                 \
	g_test_add("/writer/" path, Fixture, data, set_up, func, tear_down)
#define ADD(path, func) g_test_add("/writer/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("order", test_order);
	ADD("full-queue", test_full_queue);
	ADD("failing-sink", test_failing_sink);
	ADD("failing-sink/recovers", test_sink_recovers);
	ADD("failing-sink/before-another", test_two_sinks);
	ADD_WITH("failing-sink/after-another", "first", test_two_sinks);
	ADD("close-fails", test_close_fails);
	ADD("flush-fails", test_flush_fails);
	ADD_WITH("disk-fails/for-good", "oF-F--F", test_disk_fails);
	ADD_WITH("disk-fails/for-a-while", "FF-oF-o", test_disk_fails);
	ADD_WITH("disk-fails/never", "o-oo", test_disk_fails);
	ADD("refuses-to-open", test_refuses_to_open);
	ADD("slow-end", test_slow_end);
	ADD("many", test_many);
	return g_test_run();
}
