/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output/fsync.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

typedef struct {
	gint fd;
	gchar *path;
	gboolean is_named; /* the name of the file is synced */
	gint failure;	   /* the first one that the user does not know */
} File;

struct _VmfcSync {
	gint64 interval; /* µs; 0: only at the end */
	gint64 last;	 /* start of the last sync */
	GArray *files;	 /* of File */
};

static void
file_clear(gpointer data)
{
	File *file = data;
	g_free(file->path);
}

/* @interval: maximum age of a record that is not synced, in ns; 0: no limit */
VmfcFsync *
vmfc_fsync_new(gint64 interval)
{
	VmfcFsync *sync = g_new0(VmfcFsync, 1);

	sync->interval = (interval + 999) / 1000;
	sync->last = G_MININT64 / 2;
	sync->files = g_array_new(FALSE, FALSE, sizeof(File));
	g_array_set_clear_func(sync->files, file_clear);
	return sync;
}

void
vmfc_fsync_free(VmfcFsync *sync)
{
	g_array_unref(sync->files);
	g_free(sync);
}

gboolean
vmfc_fsync_is_wanted(const VmfcFsync *sync)
{
	return sync->interval > 0;
}

/* @fd: not owned; the caller calls vmfc_fsync_finish() before it closes it */
void
vmfc_fsync_add(VmfcFsync *sync, gint fd, const gchar *path)
{
	File file = {.fd = fd, .path = g_strdup(path)};
	g_array_append_val(sync->files, file);
}

/* ------------------------------------------------------------ syncing */

/*
 * Returns: the errno of a call that returned @result; 0 if the file system does not support the
 *   call
 */
static gint
failure_of(gint result)
{
	return result < 0 && errno != EINVAL && errno != ENOSYS && errno != ESPIPE ? errno : 0;
}

static void
keep_failure(File *file, gint failure)
{
	if (file->failure == 0)
		file->failure = failure;
}

/* fsync(2). Returns: 0, or an errno */
gint
vmfc_fsync_file(gint fd)
{
	return failure_of(fsync(fd));
}

/* A name is synced with its folder. The folder may be new, so its parent is synced, too. */
static void
sync_name(File *file)
{
	g_autofree gchar *folder = g_path_get_dirname(file->path);
	g_autofree gchar *parent = g_path_get_dirname(folder);
	const gchar *const folders[] = {parent, folder};

	for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
		gint fd = open(folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue; /* a folder without the right to read */
		keep_failure(file, vmfc_fsync_file(fd));
		close(fd);
	}
	file->is_named = TRUE;
}

/*
 * Syncs the content of all files, then their lengths. A sync of one file may write the lengths of
 * all, and a file with its new length but not its text would end with zeros.
 */
void
vmfc_fsync_now(VmfcFsync *sync)
{
	for (guint i = 0; i < sync->files->len; i++) {
		File *file = &g_array_index(sync->files, File, i);
		keep_failure(file, failure_of(sync_file_range(file->fd, 0, 0,
							      SYNC_FILE_RANGE_WAIT_BEFORE |
								      SYNC_FILE_RANGE_WRITE |
								      SYNC_FILE_RANGE_WAIT_AFTER)));
	}
	for (guint i = 0; i < sync->files->len; i++) {
		File *file = &g_array_index(sync->files, File, i);
		keep_failure(file, failure_of(fdatasync(file->fd)));
		if (!file->is_named)
			sync_name(file);
	}
}

/*
 * Nine tenths of the interval are enough, so that a record that comes a little early is not synced
 * an interval later.
 */
gboolean
vmfc_fsync_is_due(const VmfcFsync *sync)
{
	return vmfc_fsync_is_wanted(sync) &&
	       g_get_monotonic_time() - sync->last >= sync->interval / 10 * 9;
}

/* Syncs all files. Returns: %FALSE if a sync has failed since the last call */
gboolean
vmfc_fsync_all(VmfcFsync *sync, GError **error)
{
	gboolean done = TRUE;

	sync->last = g_get_monotonic_time();
	vmfc_fsync_now(sync);
	for (guint i = 0; i < sync->files->len; i++) {
		File *file = &g_array_index(sync->files, File, i);
		if (file->failure == 0)
			continue;
		if (done)
			vmfc_set_file_error(error, "synced to the disk", file->path, file->failure);
		file->failure = 0;
		done = FALSE;
	}
	return done;
}

/* Syncs a file for the last time. Returns: 0, or an errno that the user does not know */
gint
vmfc_fsync_finish(VmfcFsync *sync, gint fd)
{
	for (guint i = 0; i < sync->files->len; i++) {
		File *file = &g_array_index(sync->files, File, i);
		if (file->fd != fd)
			continue;
		keep_failure(file, vmfc_fsync_file(fd));
		if (!file->is_named)
			sync_name(file);
		gint failure = file->failure;
		g_array_remove_index(sync->files, i);
		return failure;
	}
	return 0;
}
