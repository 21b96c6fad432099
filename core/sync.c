/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "error.h"

typedef struct {
	gint fd;
	gchar *path;
	gboolean named; /* whether the folder, and so the file's name, is on the disk */
} File;

struct _VmfcSync {
	gint64 interval; /* µs; 0: never */
	gint64 last;	 /* when it was begun last */
	GArray *files;	 /* of File */
};

static void
file_clear(gpointer data)
{
	File *file = data;
	g_free(file->path);
}

/* @interval: how old, in ns, the oldest record may become that is not on the disk yet; 0: never
 * mind */
VmfcSync *
vmfc_sync_new(gint64 interval)
{
	VmfcSync *sync = g_new0(VmfcSync, 1);

	sync->interval = (interval + 999) / 1000;
	sync->last = G_MININT64 / 2;
	sync->files = g_array_new(FALSE, FALSE, sizeof(File));
	g_array_set_clear_func(sync->files, file_clear);
	return sync;
}

void
vmfc_sync_free(VmfcSync *sync)
{
	g_array_unref(sync->files);
	g_free(sync);
}

gboolean
vmfc_sync_is_wanted(const VmfcSync *sync)
{
	return sync->interval > 0;
}

/* @fd: stays the caller's, who removes it before closing it */
void
vmfc_sync_add(VmfcSync *sync, gint fd, const gchar *path)
{
	File file = {.fd = fd, .path = g_strdup(path)};
	g_array_append_val(sync->files, file);
}

void
vmfc_sync_remove(VmfcSync *sync, gint fd)
{
	for (guint i = 0; i < sync->files->len; i++) {
		if (g_array_index(sync->files, File, i).fd == fd) {
			g_array_remove_index(sync->files, i);
			return;
		}
	}
}

/* fsync(2); what cannot be synchronised at all (a pipe, a device) is not a loss. Returns: an errno
 */
gint
vmfc_sync_file(gint fd)
{
	return fsync(fd) < 0 && errno != EINVAL && errno != EROFS ? errno : 0;
}

static void
sync_folder(File *file)
{
	g_autofree gchar *folder = g_path_get_dirname(file->path);
	gint fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		vmfc_sync_file(fd); /* not every file system can */
		close(fd);
	}
	file->named = TRUE;
}

/*
 * First what is in the files, then how long they are: to synchronise one of them may bring the
 * lengths of all onto the disk, and a file whose length is there but not its text ends with zeros.
 */
gboolean
vmfc_sync_now(VmfcSync *sync, GError **error)
{
	gboolean done = TRUE;

	for (guint i = 0; i < sync->files->len; i++)
		sync_file_range(g_array_index(sync->files, File, i).fd, 0, 0,
				SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
					SYNC_FILE_RANGE_WAIT_AFTER);
	for (guint i = 0; i < sync->files->len; i++) {
		File *file = &g_array_index(sync->files, File, i);
		if (fdatasync(file->fd) < 0 && errno != EINVAL && errno != EROFS && done) {
			vmfc_set_file_error(error, "brought onto the disk", file->path, errno);
			done = FALSE;
		}
		if (!file->named)
			sync_folder(file);
	}
	return done;
}

/* A record that comes a little early after the one before must not wait for the next one. */
gboolean
vmfc_sync_if_due(VmfcSync *sync, GError **error)
{
	gint64 now = g_get_monotonic_time();

	if (!vmfc_sync_is_wanted(sync) || now - sync->last < sync->interval / 10 * 9)
		return TRUE;
	sync->last = now;
	return vmfc_sync_now(sync, error);
}
