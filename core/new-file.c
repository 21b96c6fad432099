/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "new-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "output-set.h"

#define PLENTY (64 * VMFC_NEW_FILE_ROOM)

/* Whether the file system has so much room that nobody misses what is not used yet. */
gboolean
vmfc_new_file_has_plenty(gint fd)
{
	struct statvfs info;
	return fstatvfs(fd, &info) == 0 && info.f_bavail * info.f_frsize >= PLENTY;
}

/* Returns: 0, or an errno */
static gint
write_start(gint fd, const gchar *start, gboolean sync)
{
	/* in one piece, so that a record that crosses pages goes to the disk in one request */
	if (sync && vmfc_new_file_has_plenty(fd))
		fallocate(fd, FALLOC_FL_KEEP_SIZE, 0,
			  VMFC_NEW_FILE_ROOM); /* not every file system can */
	gint failure = vmfc_output_write_all(fd, start, strlen(start), 0);
	return failure == 0 && sync ? vmfc_sync_file(fd) : failure;
}

/*
 * The file appears under its name with @start in it: it is made without a name first, or under
 * another where the file system does not know of such files.
 *
 * @sync: whether @start is on the disk before the name is
 *
 * Returns: a file descriptor, or -1 with errno set
 */
gint
vmfc_new_file_create(const gchar *path, const gchar *start, gboolean sync)
{
	g_autofree gchar *folder = g_path_get_dirname(path);
	gint fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	gint failure = 0;

	if (fd >= 0) {
		g_autofree gchar *self = g_strdup_printf("/proc/self/fd/%d", fd);
		flock(fd, LOCK_EX | LOCK_NB); /* whoever wants the name sees that it is taken */
		failure = write_start(fd, start, sync);
		if (failure == 0 && linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
			return fd;
		close(fd);
	}
	if (failure == 0) {
		g_autofree gchar *temporary = g_strconcat(path, ".XXXXXX", NULL);
		fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0666);
		if (fd < 0)
			return -1;
		flock(fd, LOCK_EX | LOCK_NB);
		failure = write_start(fd, start, sync);
		if (failure == 0 && vmfc_output_rename(temporary, path))
			return fd;
		failure = failure == 0 ? errno : failure;
		close(fd);
		unlink(temporary);
	}
	errno = failure;
	return -1;
}
