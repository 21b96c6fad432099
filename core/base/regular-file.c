/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/regular-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

#define FIRST_SIZE 4096

static const gchar *
name_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a folder";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}

static gboolean
check_is_regular(const gchar *path, const struct stat *info, GError **error)
{
	if (S_ISREG(info->st_mode))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "%s is %s, which vmfc does not read: replace it with a regular file", path,
		    name_kind(info->st_mode));
	return FALSE;
}

static void
set_errno(const gchar *path, gint failure, GError **error)
{
	gboolean denied = failure == EACCES || failure == EPERM;
	g_set_error(error, VMFC_ERROR, denied ? VMFC_ERROR_DENIED : VMFC_ERROR_UNSUPPORTED,
		    "%s cannot be read: %s", path, g_strerror(failure));
}

/*
 * Opens a regular file. Refuses anything else, because it could block, never end, or have an effect
 * when it is opened, as devices do. Files of /proc and /sys are regular.
 *
 * Returns: a file descriptor; -1 with a sentence in @error: VMFC_ERROR_FORMAT means that the path
 *   is not a regular file
 */
gint
vmfc_regular_file_open(const gchar *path, GError **error)
{
	struct stat info;

	if (stat(path, &info) == 0 && !check_is_regular(path, &info, error))
		return -1;
	/* the path may have become a pipe since */
	gint fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &info) < 0) {
		set_errno(path, errno, error);
	} else if (check_is_regular(path, &info, error)) {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/*
 * Files of /proc report the size 0, so only reading shows how long they are.
 *
 * Returns: 0, or an errno
 */
static gint
read_to_end(gint fd, GString *text, gsize max_size)
{
	while (text->len <= max_size) {
		gsize length = text->len;
		g_string_set_size(text, MAX(2 * length, FIRST_SIZE));
		gssize n = read(fd, text->str + length, text->len - length);
		gint failure = errno;
		g_string_set_size(text, length + (gsize)MAX(n, 0));
		if (n == 0)
			return 0;
		if (n < 0 && failure != EINTR)
			return failure;
	}
	return EFBIG;
}

/*
 * Reads a whole file, for files that are read once at the start of a run.
 *
 * @max_size: maximum size of the file
 * @length: (out) (nullable): of the text, which may contain NULs and has one more after its end
 *
 * Returns: (transfer full): %NULL with a sentence in @error
 */
gchar *
vmfc_regular_file_read(const gchar *path, gsize max_size, gsize *length, GError **error)
{
	gint fd = vmfc_regular_file_open(path, error);

	if (fd < 0)
		return NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	gint failure = read_to_end(fd, text, max_size);
	close(fd);
	if (failure == EFBIG)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "%s is larger than %g MiB, which is more than vmfc reads from such a "
			    "file: name another file or make this one smaller",
			    path, (gdouble)max_size / (1 << 20));
	else if (failure != 0)
		set_errno(path, failure, error);
	if (failure != 0)
		return NULL;
	if (length != NULL)
		*length = text->len;
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean
is_equal(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* Whether two paths lead to one file: by other names, through links or other folders. */
gboolean
vmfc_regular_file_is_same(const gchar *path, const gchar *other)
{
	struct stat one;
	struct stat two;
	return stat(path, &one) == 0 && stat(other, &two) == 0 && is_equal(&one, &two);
}

/* Whether a path leads to an open file. */
gboolean
vmfc_regular_file_is_open_as(const gchar *path, gint fd)
{
	struct stat one;
	struct stat two;
	return stat(path, &one) == 0 && fstat(fd, &two) == 0 && is_equal(&one, &two);
}
