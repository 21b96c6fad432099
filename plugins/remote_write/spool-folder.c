/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "spool-folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

#define LOCK_NAME   "spool"
#define FIRST_LINE  "vmfc-spool/1\n"
#define MAX_ADDRESS (64 * 1024)

static gboolean
set_error(GError **error, VmfcErrorCode code, const gchar *path, const gchar *reason)
{
	g_set_error(error, VMFC_ERROR, code, "option remote_write.spool: %s: %s", path, reason);
	return FALSE;
}

/* ------------------------------------------------------------- folder */

/* Records say what a machine does: only its user reads them. */
static gboolean
check_folder(const SpoolFolder *self, GError **error)
{
	struct stat info;

	if (fstat(self->fd, &info) != 0)
		return set_error(error, VMFC_ERROR_IO, self->path, g_strerror(errno));
	if (info.st_uid != geteuid())
		return set_error(error, VMFC_ERROR_USAGE, self->path,
				 "it belongs to another user: give a folder of your own");
	if ((info.st_mode & 077) != 0)
		return set_error(error, VMFC_ERROR_USAGE, self->path,
				 "other users can enter it: chmod 700 it, or give a new folder");
	return TRUE;
}

/* The name of a new folder survives a power cut. Some file systems cannot sync a folder. */
static void
sync_parent(const SpoolFolder *self)
{
	g_autofree gchar *parent = g_path_get_dirname(self->path);
	gint fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fsync(fd) != 0)
		g_info("%s: %s", parent, g_strerror(errno));
	close(fd);
}

static gboolean
open_folder(SpoolFolder *self, GError **error)
{
	if (mkdir(self->path, 0700) == 0)
		sync_parent(self);
	else if (errno != EEXIST)
		return set_error(error, VMFC_ERROR_USAGE, self->path, g_strerror(errno));
	/* a symbolic link could lead into a folder of another user */
	self->fd = open(self->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (self->fd >= 0)
		return check_folder(self, error);
	gboolean is_other = errno == ENOTDIR || errno == ELOOP;
	return set_error(error, VMFC_ERROR_USAGE, self->path,
			 is_other ? "it is a file or a symbolic link: give a folder"
				  : g_strerror(errno));
}

/* ---------------------------------------------------------------- lock */

static gboolean
write_receiver(const SpoolFolder *self, const gchar *receiver, GError **error)
{
	g_autofree gchar *text = g_strconcat(FIRST_LINE, receiver, "\n", NULL);
	gsize length = strlen(text);

	if (ftruncate(self->lock_fd, 0) == 0 &&
	    pwrite(self->lock_fd, text, length, 0) == (gssize)length &&
	    fdatasync(self->lock_fd) == 0)
		return TRUE;
	gint code = errno;
	if (ftruncate(self->lock_fd, 0) != 0)
		code = errno;
	return set_error(error, VMFC_ERROR_IO, self->path, g_strerror(code));
}

/* Returns: (transfer none) (nullable): the receiver; %NULL: the text ends before it does */
static const gchar *
find_receiver(gchar *text)
{
	gchar *begin = text + MIN(strlen(text), strlen(FIRST_LINE));
	gchar *end = strchr(begin, '\n');

	if (end == NULL)
		return NULL;
	*end = '\0';
	return begin;
}

/* What waits in a spool was meant for one receiver, and must reach no other one. */
static gboolean
check_receiver(const SpoolFolder *self, const gchar *receiver, GError **error)
{
	g_autofree gchar *text = g_malloc0(MAX_ADDRESS + 1);

	if (pread(self->lock_fd, text, MAX_ADDRESS, 0) < 0)
		return set_error(error, VMFC_ERROR_IO, self->path, g_strerror(errno));
	if (!g_str_has_prefix(text, FIRST_LINE) && !g_str_has_prefix(FIRST_LINE, text))
		return set_error(error, VMFC_ERROR_USAGE, self->path,
				 "its file 'spool' is not from vmfc: give another folder");
	const gchar *found = find_receiver(text);
	/* one that a power cut left without its end is as good as none: it is synced first */
	if (found == NULL)
		return write_receiver(self, receiver, error);
	if (g_str_equal(found, receiver))
		return TRUE;
	g_autofree gchar *shown = g_strescape(found, NULL);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "option remote_write.spool: %s holds records for %s, not for %s: give another "
		    "folder, or remove this one with the records in it",
		    self->path, shown, receiver);
	return FALSE;
}

static gboolean
lock_folder(SpoolFolder *self, const gchar *receiver, GError **error)
{
	struct stat info;

	self->lock_fd = openat(self->fd, LOCK_NAME,
			       O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	if (self->lock_fd < 0)
		return set_error(error, VMFC_ERROR_USAGE, self->path, g_strerror(errno));
	if (fstat(self->lock_fd, &info) != 0 || !S_ISREG(info.st_mode))
		return set_error(error, VMFC_ERROR_USAGE, self->path,
				 "its file 'spool' is not from vmfc: give another folder");
	if (flock(self->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return set_error(error, VMFC_ERROR_USAGE, self->path,
				 errno == EWOULDBLOCK
					 ? "another vmfc uses it: give each its own folder"
					 : g_strerror(errno));
	return check_receiver(self, receiver, error);
}

/*
 * @folder: (out):
 * @receiver: what tells it from others, without secrets
 */
gboolean
spool_folder_open(SpoolFolder *folder, const gchar *path, const gchar *receiver, GError **error)
{
	*folder = (SpoolFolder){.path = g_strdup(path), .fd = -1, .lock_fd = -1};
	if (open_folder(folder, error) && lock_folder(folder, receiver, error))
		return TRUE;
	spool_folder_close(folder);
	return FALSE;
}

void
spool_folder_close(SpoolFolder *folder)
{
	if (folder->lock_fd >= 0)
		close(folder->lock_fd);
	if (folder->fd >= 0)
		close(folder->fd);
	folder->lock_fd = -1;
	folder->fd = -1;
	g_clear_pointer(&folder->path, g_free);
}

/* --------------------------------------------------------------- files */

void
spool_folder_name(guint64 id, gchar name[SPOOL_NAME_SIZE])
{
	g_snprintf(name, SPOOL_NAME_SIZE, "%016" G_GINT64_MODIFIER "x.frames", id);
}

static gboolean
parse_name(const gchar *name, guint64 *id)
{
	gchar again[SPOOL_NAME_SIZE];

	*id = g_ascii_strtoull(name, NULL, 16);
	spool_folder_name(*id, again);
	return g_str_equal(name, again);
}

static gint
compare_ids(gconstpointer left, gconstpointer right)
{
	guint64 a = *(const guint64 *)left;
	guint64 b = *(const guint64 *)right;

	return (a > b) - (a < b);
}

/* Returns: (transfer full): of guint64: the files of the spool, the oldest first */
GArray *
spool_folder_list(const SpoolFolder *folder, GError **error)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(guint64));
	gint fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	guint64 id;

	if (stream == NULL) {
		set_error(error, VMFC_ERROR_IO, folder->path, g_strerror(errno));
		if (fd >= 0)
			close(fd);
		g_array_unref(ids);
		return NULL;
	}
	for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
		if (parse_name(entry->d_name, &id))
			g_array_append_val(ids, id);
	}
	closedir(stream);
	g_array_sort(ids, compare_ids);
	return ids;
}
