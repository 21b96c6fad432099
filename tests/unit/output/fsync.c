/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output/fsync.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

#define SECOND G_GINT64_CONSTANT(1000000000)

/* In place of the C library's and GLib's, see meson.build. */
static struct {
	gint64 now;
	guint n_synced;
	guint n_ranges;
	guint n_folders;
	GString *log;	    /* of the calls, with the names of folders; NULL: none */
	gint range_failure; /* of the next call */
	gint sync_failure;
	gint end_failure;
	gint64 takes;	  /* µs, each sync */
	guint fails_from; /* which length of two cannot be synced; 0: as above */
} kernel;

#pragma GCC visibility push(default)
gint64
__wrap_g_get_monotonic_time(void);
int
__wrap_fdatasync(int fd);
int
__wrap_fsync(int fd);
int
__wrap_sync_file_range(int fd, off_t offset, off_t length, unsigned int flags);
#pragma GCC visibility pop

static int
fail_once(gint *failure)
{
	errno = *failure;
	*failure = 0;
	return errno != 0 ? -1 : 0;
}

static void
note(const gchar *call, gint fd)
{
	g_autofree gchar *link = g_strdup_printf("/proc/self/fd/%d", fd);
	g_autofree gchar *path = fd >= 100 ? NULL : g_file_read_link(link, NULL);

	if (kernel.log == NULL)
		return;
	if (path != NULL)
		g_string_append_printf(kernel.log, "%s %s; ", call, path);
	else
		g_string_append_printf(kernel.log, "%s %d; ", call, fd);
}

gint64
__wrap_g_get_monotonic_time(void)
{
	return kernel.now;
}

int
__wrap_fdatasync(int fd)
{
	kernel.n_synced++;
	kernel.now += kernel.takes;
	note("file", fd);
	if (kernel.fails_from > 0 && --kernel.fails_from == 0) {
		errno = EIO;
		return -1;
	}
	return fail_once(&kernel.sync_failure);
}

int
__wrap_fsync(int fd)
{
	kernel.n_folders++;
	note("sync", fd);
	return fail_once(&kernel.end_failure);
}

int
__wrap_sync_file_range(int fd, off_t offset, off_t length, unsigned int flags)
{
	kernel.n_ranges++;
	/* all of the text, and not before it is there */
	g_assert_true(offset == 0 && length == 0);
	g_assert_cmpuint(flags, ==,
			 SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				 SYNC_FILE_RANGE_WAIT_AFTER);
	note("text", fd);
	return fail_once(&kernel.range_failure);
}

static VmfcFsync *
new_sync(gint64 interval)
{
	VmfcFsync *sync = vmfc_fsync_new(interval);

	kernel = (typeof(kernel)){.now = 1000000};
	vmfc_fsync_add(sync, 100, "/tmp/a.json");
	vmfc_fsync_add(sync, 101, "/tmp/a.csv");
	return sync;
}

static void
sync_at(VmfcFsync *sync, gint64 seconds, guint n_expected)
{
	g_autoptr(GError) error = NULL;

	kernel.now = 1000000 + seconds / 1000;
	if (vmfc_fsync_is_due(sync))
		g_assert_true(vmfc_fsync_all(sync, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(kernel.n_synced, ==, n_expected);
}

static void
test_when(void)
{
	VmfcFsync *sync = new_sync(SECOND);

	sync_at(sync, 0, 2);
	g_assert_cmpuint(kernel.n_folders, ==, 4);
	sync_at(sync, SECOND / 2, 2);
	/* ticks are never quite a second apart */
	sync_at(sync, SECOND - SECOND / 100, 4);
	sync_at(sync, 2 * SECOND, 6);
	/* a name is brought onto the disk once */
	g_assert_cmpuint(kernel.n_folders, ==, 4);
	vmfc_fsync_free(sync);
}

/* The interval counts from the start of a sync, however long that takes. */
static void
test_slow_disk(void)
{
	VmfcFsync *sync = new_sync(SECOND);

	kernel.takes = 300000;
	g_assert_true(vmfc_fsync_is_due(sync));
	g_assert_true(vmfc_fsync_all(sync, NULL));
	g_assert_false(vmfc_fsync_is_due(sync));
	kernel.now += 300000;
	g_assert_true(vmfc_fsync_is_due(sync));
	vmfc_fsync_free(sync);
}

static void
test_never(void)
{
	VmfcFsync *sync = new_sync(0);

	g_assert_false(vmfc_fsync_is_wanted(sync));
	sync_at(sync, 0, 0);
	sync_at(sync, 1000 * SECOND, 0);
	/* but at the end */
	g_assert_cmpint(vmfc_fsync_finish(sync, 100), ==, 0);
	g_assert_cmpuint(kernel.n_folders, ==, 3); /* the file, its folder, and the one above */
	vmfc_fsync_free(sync);
	/* the shortest interval is not none */
	sync = new_sync(1);
	g_assert_true(vmfc_fsync_is_wanted(sync));
	vmfc_fsync_free(sync);
}

/* The text of all, then their lengths, then their names, whose folders may be new. */
static void
test_order(void)
{
	VmfcFsync *sync = new_sync(SECOND);
	g_autoptr(GString) log = g_string_new(NULL);

	kernel.log = log;
	sync_at(sync, 0, 2);
	g_assert_cmpstr(log->str, ==,
			"text 100; text 101; file 100; sync /; sync /tmp; file 101; sync /; "
			"sync /tmp; ");
	g_string_truncate(log, 0);
	g_assert_cmpint(vmfc_fsync_finish(sync, 101), ==, 0);
	g_assert_cmpstr(log->str, ==, "sync 101; ");
	g_string_truncate(log, 0);
	/* what is closed is no longer synced, and one that was not added neither */
	sync_at(sync, 2 * SECOND, 3);
	g_assert_cmpstr(log->str, ==, "text 100; file 100; ");
	g_string_truncate(log, 0);
	g_assert_cmpint(vmfc_fsync_finish(sync, 101), ==, 0);
	g_assert_cmpstr(log->str, ==, "");
	/* a folder that is not there, or that vmfc may not read, is no failure */
	vmfc_fsync_add(sync, 102, "/tmp/no such folder/a.json");
	g_assert_cmpint(vmfc_fsync_finish(sync, 102), ==, 0);
	g_assert_cmpstr(log->str, ==, "sync 102; sync /tmp; ");
	kernel.log = NULL;
	vmfc_fsync_free(sync);
}

/* The kernel tells of each failure once, to whoever asks first. */
static void
test_failure(gconstpointer data)
{
	VmfcFsync *sync = new_sync(SECOND);
	g_autoptr(GError) error = NULL;

	sync_at(sync, 0, 2);
	if (g_str_equal(data, "text"))
		kernel.range_failure = EIO;
	else
		kernel.sync_failure = EIO;
	/* for somebody who does not tell of it */
	vmfc_fsync_now(sync);
	kernel.now += 1000000;
	g_assert_true(vmfc_fsync_is_due(sync));
	g_assert_false(vmfc_fsync_all(sync, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_cmpstr(error->message, ==,
			"/tmp/a.json cannot be synced to the disk: Input/output error: check the "
			"disk with dmesg");
	sync_at(sync, 2 * SECOND, 8);
	/* and at the end, of the file that it is about */
	kernel.range_failure = ENOSPC;
	vmfc_fsync_now(sync);
	g_assert_cmpint(vmfc_fsync_finish(sync, 101), ==, 0);
	g_assert_cmpint(vmfc_fsync_finish(sync, 100), ==, ENOSPC);
	vmfc_fsync_free(sync);
}

/* Each of the two files fails: one with its text, and the other one with its length. */
static void
fail_both(VmfcFsync *sync)
{
	kernel.range_failure = ENOSPC;
	vmfc_fsync_now(sync);
	kernel.fails_from = 2;
	vmfc_fsync_now(sync);
	kernel.fails_from = 0;
}

/* Of several files that fail the user reads of the first, and of none of them again. */
static void
test_two_failures(void)
{
	VmfcFsync *sync = new_sync(SECOND);
	g_autoptr(GError) error = NULL;

	sync_at(sync, 0, 2);
	fail_both(sync);
	g_assert_false(vmfc_fsync_all(sync, &error));
	g_assert_nonnull(
		strstr(error->message, "/tmp/a.json cannot be synced to the disk: No space"));
	g_clear_error(&error);
	g_assert_true(vmfc_fsync_all(sync, &error));
	/* the end of a file has the failure that came first */
	kernel.range_failure = ENOSPC;
	vmfc_fsync_now(sync);
	kernel.end_failure = EIO;
	g_assert_cmpint(vmfc_fsync_finish(sync, 100), ==, ENOSPC);
	kernel.end_failure = EIO;
	g_assert_cmpint(vmfc_fsync_finish(sync, 101), ==, EIO);
	vmfc_fsync_free(sync);
}

/* A file system that cannot do it loses nothing by that. */
static void
test_unable(void)
{
	VmfcFsync *sync = new_sync(SECOND);

	kernel.range_failure = ESPIPE;
	kernel.sync_failure = EINVAL;
	kernel.end_failure = ENOSYS;
	sync_at(sync, 0, 2);
	kernel.end_failure = ENOSYS;
	g_assert_cmpint(vmfc_fsync_finish(sync, 100), ==, 0);
	vmfc_fsync_free(sync);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sync/when", test_when);
	g_test_add_func("/sync/slow-disk", test_slow_disk);
	g_test_add_func("/sync/never", test_never);
	g_test_add_func("/sync/order", test_order);
	g_test_add_data_func("/sync/failure/text", "text", test_failure);
	g_test_add_data_func("/sync/failure/length", "length", test_failure);
	g_test_add_func("/sync/failure/two", test_two_failures);
	g_test_add_func("/sync/unable", test_unable);
	return g_test_run();
}
