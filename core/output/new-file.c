/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output/new-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "output/fsync.h"

#define PLENTY (64 * VMFC_NEW_FILE_ROOM)

/* Returns: 0, or an errno */
gint
vmfc_new_file_write_all(gint fd, const gchar *text, gsize length, goffset at)
{
	while (length > 0) {
		gssize n = pwrite(fd, text, length, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : ENOSPC;
		text += n;
		length -= (gsize)n;
		at += n;
	}
	return 0;
}

/* Renames @from to @to, unless @to exists. Returns: %FALSE with errno set */
gboolean
vmfc_new_file_rename(const gchar *from, const gchar *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return TRUE;
	/* not every file system supports the flag; link(2) does not replace a file either */
	if (errno != EINVAL && errno != ENOSYS)
		return FALSE;
	if (link(from, to) == 0)
		return unlink(from) == 0;
	if (errno == EEXIST || g_file_test(to, G_FILE_TEST_EXISTS)) {
		errno = EEXIST;
		return FALSE;
	}
	return rename(from, to) == 0;
}

/* Returns: whether the file system has so much space that a reserve does not matter */
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
	/* in one piece, so that a record that crosses pages is one request to the disk */
	if (sync && vmfc_new_file_has_plenty(fd))
		fallocate(fd, FALLOC_FL_KEEP_SIZE, 0,
			  VMFC_NEW_FILE_ROOM); /* not every file system supports it */
	gint failure = vmfc_new_file_write_all(fd, start, strlen(start), 0);
	return failure == 0 && sync ? vmfc_fsync_file(fd) : failure;
}

/*
 * The file gets its name when @start is in it. It has no name before that, or a temporary one if
 * the file system does not support files without a name.
 *
 * @sync: sync @start to the disk before the file gets its name
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
		flock(fd, LOCK_EX | LOCK_NB); /* another vmfc sees that the name is in use */
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
		if (failure == 0 && vmfc_new_file_rename(temporary, path))
			return fd;
		failure = failure == 0 ? errno : failure;
		close(fd);
		unlink(temporary);
	}
	errno = failure;
	return -1;
}

/* @fd: of @temporary, or -1 with errno set. Returns: 0, or an errno */
static gint
fill_and_rename(gint fd, const gchar *temporary, const gchar *path, const gchar *text)
{
	gint failure = fd < 0 ? errno : 0;

	if (failure == 0) {
		flock(fd, LOCK_EX | LOCK_NB);
		failure = vmfc_new_file_write_all(fd, text, strlen(text), 0);
	}
	if (failure == 0)
		failure = vmfc_fsync_file(fd);
	if (failure == 0 && rename(temporary, path) < 0)
		failure = errno;
	if (failure != 0 && fd >= 0)
		unlink(temporary);
	return failure;
}

/*
 * Replaces a file with a new one, so that it is never half written.
 *
 * @lock: (inout) (nullable): the new file stays open and locked there, and the old one is closed
 */
gboolean
vmfc_new_file_replace(const gchar *path, const gchar *text, gint *lock, GError **error)
{
	g_autofree gchar *temporary = g_strconcat(path, ".XXXXXX", NULL);
	gint fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0666);
	gint failure = fill_and_rename(fd, temporary, path, text);

	if (failure == 0 && lock != NULL) {
		if (*lock >= 0)
			close(*lock);
		*lock = fd;
	} else if (fd >= 0) {
		close(fd);
	}
	if (failure != 0)
		vmfc_set_file_error(error, "written", path, failure);
	return failure == 0;
}

/*
 * The same where no other process writes. The file is PATH.new before it has its name, and the next
 * one takes the place of what a kill leaves of that.
 */
gboolean
vmfc_new_file_replace_alone(const gchar *path, const gchar *text, GError **error)
{
	g_autofree gchar *temporary = g_strconcat(path, VMFC_NEW_FILE_ALONE, NULL);
	gint fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		       0666);
	gint failure = fill_and_rename(fd, temporary, path, text);

	if (fd >= 0)
		close(fd);
	if (failure != 0)
		vmfc_set_file_error(error, "written", path, failure);
	return failure == 0;
}
