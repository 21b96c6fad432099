/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "text-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

/* node_exporter reads no other files */
#define EXTENSION ".prom"
/* node_exporter is another user */
#define MODE 0644
/* Each of vmfc's files begins with this. */
#define BEGIN "# HELP vmfc_"
/* Names for the temporary file that are tried. */
#define MAX_TRIES 10

struct _TextFile {
	gchar *path;
	gchar *name;
	gint folder;
	gint lock;	 /* of the file that vmfc put there last, locked; -1: none */
	struct stat own; /* of that file */
};

static gboolean
set_error(const TextFile *self, const gchar *reason, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "prometheus.textfile: the file %s cannot be written: %s", self->path, reason);
	return FALSE;
}

static void
text_file_free(TextFile *self)
{
	if (self->lock >= 0)
		close(self->lock);
	if (self->folder >= 0)
		close(self->folder);
	g_free(self->name);
	g_free(self->path);
	g_free(self);
}

/*
 * Returns: (nullable): why the file that is there must stay
 */
static const gchar *
judge_existing(gint fd)
{
	gchar begin[sizeof(BEGIN)] = "";
	struct stat found;

	if (fstat(fd, &found) < 0 || !S_ISREG(found.st_mode))
		return "it is not a regular file: choose another path";
	if (pread(fd, begin, strlen(BEGIN), 0) < 0 || !g_str_equal(begin, BEGIN))
		return "it is not a file of vmfc: remove it, or choose another path";
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return "another vmfc writes it: choose another path";
	return NULL;
}

static gboolean
check_existing(const TextFile *self, GError **error)
{
	gint fd = openat(self->folder, self->name,
			 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return TRUE;
	if (fd < 0)
		return set_error(self,
				 errno == ELOOP ? "it is a symbolic link, which vmfc does not "
						  "follow: give the file itself"
						: g_strerror(errno),
				 error);
	const gchar *reason = judge_existing(fd);
	close(fd);
	return reason == NULL || set_error(self, reason, error);
}

static gboolean
check(TextFile *self, GError **error)
{
	if (!g_str_has_suffix(self->name, EXTENSION)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "prometheus.textfile is '%s', but must end with " EXTENSION
			    ": node_exporter reads no other files",
			    self->path);
		return FALSE;
	}
	if (self->folder < 0)
		return set_error(self, g_strerror(errno), error);
	return check_existing(self, error);
}

/* Returns: (transfer full): %NULL with @error set */
TextFile *
text_file_open(const gchar *path, GError **error)
{
	TextFile *self = g_new0(TextFile, 1);
	g_autofree gchar *folder = g_path_get_dirname(path);

	self->path = g_strdup(path);
	self->name = g_path_get_basename(path);
	self->lock = -1;
	self->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (check(self, error))
		return self;
	text_file_free(self);
	return NULL;
}

/* The number of a file that was removed is soon that of another one, so the time counts as well. */
static gboolean
is_own(const TextFile *self, const struct stat *found)
{
	return found->st_ino == self->own.st_ino && found->st_dev == self->own.st_dev &&
	       found->st_mtim.tv_sec == self->own.st_mtim.tv_sec &&
	       found->st_mtim.tv_nsec == self->own.st_mtim.tv_nsec;
}

/* Returns: 0, or an errno */
static gint
write_all(gint fd, const gchar *text, gsize length)
{
	while (length > 0) {
		gssize n = write(fd, text, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : ENOSPC;
		text += n;
		length -= (gsize)n;
	}
	return 0;
}

/*
 * @name: (out) (transfer full): without the extension, so that node_exporter leaves it alone
 *
 * Returns: a new file, locked; -1 with errno set
 */
static gint
create_temporary(const TextFile *self, gchar **name)
{
	gint fd = -1;

	*name = NULL;
	for (guint i = 0; i < MAX_TRIES && fd < 0 && (i == 0 || errno == EEXIST); i++) {
		g_free(*name);
		*name = g_strdup_printf(".%s.%08x", self->name, g_random_int());
		fd = openat(self->folder, *name,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
	}
	if (fd >= 0)
		flock(fd, LOCK_EX | LOCK_NB); /* another vmfc sees that the file is in use */
	return fd;
}

/* Two that replace the same file would take turns, and the first to end would remove it. */
static gboolean
is_anothers(const TextFile *self)
{
	struct stat found;

	if (fstatat(self->folder, self->name, &found, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(found.st_mode) || (self->lock >= 0 && is_own(self, &found)))
		return FALSE;
	gint fd = openat(self->folder, self->name,
			 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	gboolean is_locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;
	if (fd >= 0)
		close(fd);
	return is_locked;
}

/* Readers see the old text or the new one, as a whole. */
gboolean
text_file_replace(TextFile *self, const gchar *text, gsize length, GError **error)
{
	g_autofree gchar *temporary = NULL;
	struct stat written;

	if (is_anothers(self))
		return set_error(self, "another vmfc writes it: stop one of the two", error);
	gint fd = create_temporary(self, &temporary);
	if (fd < 0)
		return set_error(self, g_strerror(errno), error);
	gint failure = fchmod(fd, MODE) < 0 ? errno : write_all(fd, text, length);
	if (failure == 0 && (fstat(fd, &written) < 0 ||
			     renameat(self->folder, temporary, self->folder, self->name) < 0))
		failure = errno;
	if (failure != 0) {
		unlinkat(self->folder, temporary, 0);
		close(fd);
		return set_error(self, g_strerror(failure), error);
	}
	if (self->lock >= 0)
		close(self->lock);
	self->lock = fd;
	self->own = written;
	return TRUE;
}

/* Removes the file, unless another program has replaced it: its values are of a run that is over.
 */
void
text_file_close(TextFile *self)
{
	struct stat found;

	if (self->lock >= 0 &&
	    fstatat(self->folder, self->name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	    is_own(self, &found))
		unlinkat(self->folder, self->name, 0);
	text_file_free(self);
}
