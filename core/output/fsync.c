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
	gboolean is_named; /* whether the file's name is on the disk */
	gint failure;	   /* the first that nobody was told of */
} File;

struct _VmfcSync {
	gint64 interval; /* µs; 0: never before the end */
	gint64 last;	 /* when it was begun last */
	GArray *files;	 /* of File */
};

static void
file_clear(gpointer data)
{
	File *file = data;
	g_free(file->path);
}

/* @interval: how old, in ns, a record may become that is not on the disk yet; 0: never mind */
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

/* @fd: stays the caller's, who calls vmfc_fsync_finish() before closing it */
void
vmfc_fsync_add(VmfcFsync *sync, gint fd, const gchar *path)
{
	File file = {.fd = fd, .path = g_strdup(path)};
	g_array_append_val(sync->files, file);
}

/* ------------------------------------------------------------ syncing */

/* The errno of a call that has returned @result; a file system that cannot do it loses nothing. */
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

/* A name is on the disk when its folder is, and that when the one is that it may be new in. */
static void
sync_name(File *file)
{
	g_autofree gchar *folder = g_path_get_dirname(file->path);
	g_autofree gchar *parent = g_path_get_dirname(folder);
	const gchar *const folders[] = {parent, folder};

	for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
		gint fd = open(folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue; /* one that may be entered but not read */
		keep_failure(file, vmfc_fsync_file(fd));
		close(fd);
	}
	file->is_named = TRUE;
}

/*
 * First what is in the files, then how long they are: to synchronise one of them may bring the
 * lengths of all onto the disk, and a file whose length is there but not its text ends with zeros.
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
 * A record that comes a little early after the one before must not wait for the next one.
 *
 * Returns: %FALSE when something could not be brought onto the disk since the last time
 */
gboolean
vmfc_fsync_if_due(VmfcFsync *sync, GError **error)
{
	gint64 now = g_get_monotonic_time();
	gboolean done = TRUE;

	if (!vmfc_fsync_is_wanted(sync) || now - sync->last < sync->interval / 10 * 9)
		return TRUE;
	sync->last = now;
	vmfc_fsync_now(sync);
	for (guint i = 0; i < sync->files->len; i++) {
		File *file = &g_array_index(sync->files, File, i);
		if (file->failure == 0)
			continue;
		if (done)
			vmfc_set_file_error(error, "brought onto the disk", file->path,
					    file->failure);
		file->failure = 0;
		done = FALSE;
	}
	return done;
}

/* Brings a file onto the disk for the last time. Returns: 0, or the errno of a failure untold yet
 */
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
