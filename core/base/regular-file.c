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
is_ordinary(const gchar *path, const struct stat *info, GError **error)
{
	if (S_ISREG(info->st_mode))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "%s is %s, which vmfc does not read: put an ordinary file in its place", path,
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
 * Opens an ordinary file and nothing that could be waited for, that never ends, or that does
 * something when it is opened, as devices do. Files of /proc and /sys are ordinary.
 *
 * Returns: a file descriptor; -1 with a sentence in @error, of which the code VMFC_ERROR_FORMAT
 *   means that there is something else
 */
gint
vmfc_regular_file_open(const gchar *path, GError **error)
{
	struct stat info;

	if (stat(path, &info) == 0 && !is_ordinary(path, &info, error))
		return -1;
	/* somebody may put a pipe there right now */
	gint fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &info) < 0) {
		set_errno(path, errno, error);
	} else if (is_ordinary(path, &info, error)) {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/*
 * Files of /proc say that they are empty, so that only reading tells how much there is.
 *
 * Returns: 0, or an errno
 */
static gint
read_to_end(gint fd, GString *text, gsize most)
{
	while (text->len <= most) {
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
 * Reads what is read once, at the start of a run.
 *
 * @most: how large the file may be
 * @length: (out) (nullable): of the text, which may hold zeros and ends with one more
 *
 * Returns: (transfer full): %NULL with a sentence in @error
 */
gchar *
vmfc_regular_file_read(const gchar *path, gsize most, gsize *length, GError **error)
{
	gint fd = vmfc_regular_file_open(path, error);

	if (fd < 0)
		return NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	gint failure = read_to_end(fd, text, most);
	close(fd);
	if (failure == EFBIG)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "%s is larger than %g MiB, which is more than vmfc reads of such a "
			    "file: name another file or make it smaller",
			    path, (gdouble)most / (1 << 20));
	else if (failure != 0)
		set_errno(path, failure, error);
	if (failure != 0)
		return NULL;
	if (length != NULL)
		*length = text->len;
	return g_string_free(g_steal_pointer(&text), FALSE);
}
