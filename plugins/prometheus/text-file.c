/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "text-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

/* node_exporter reads no other files */
#define EXTENSION ".prom"
/* node_exporter is another user */
#define MODE 0644

struct _TextFile {
	gchar *path;
	gchar *name;
	gchar *temporary;
	gint folder;
	struct stat own; /* of the file that vmfc put there last; st_ino 0: none */
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
	if (self->folder >= 0)
		close(self->folder);
	g_free(self->temporary);
	g_free(self->name);
	g_free(self->path);
	g_free(self);
}

static gboolean
check(TextFile *self, GError **error)
{
	struct stat found;

	if (!g_str_has_suffix(self->name, EXTENSION)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "prometheus.textfile is '%s', but must end with " EXTENSION
			    ": node_exporter reads no other files",
			    self->path);
		return FALSE;
	}
	if (self->folder < 0)
		return set_error(self, g_strerror(errno), error);
	if (fstatat(self->folder, self->name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(found.st_mode))
		return set_error(self,
				 S_ISLNK(found.st_mode)
					 ? "it is a symbolic link, which vmfc does not follow: "
					   "give the file itself"
					 : "it is not a regular file: choose another path",
				 error);
	return TRUE;
}

/* Returns: (transfer full): %NULL with @error set */
TextFile *
text_file_open(const gchar *path, GError **error)
{
	TextFile *self = g_new0(TextFile, 1);
	g_autofree gchar *folder = g_path_get_dirname(path);

	self->path = g_strdup(path);
	self->name = g_path_get_basename(path);
	/* another name for each process, without the extension: node_exporter leaves it alone */
	self->temporary = g_strdup_printf(".%s.%d", self->name, (gint)getpid());
	self->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (check(self, error))
		return self;
	text_file_free(self);
	return NULL;
}

static gboolean
write_all(gint fd, const gchar *text, gsize length)
{
	while (length > 0) {
		gssize n_written = write(fd, text, length);
		if (n_written < 0 && errno != EINTR)
			return FALSE;
		text += MAX(n_written, 0);
		length -= (gsize)MAX(n_written, 0);
	}
	return TRUE;
}

/* Returns: a new file that no other process has opened; -1 with errno set */
static gint
create_temporary(const TextFile *self)
{
	gint flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	gint fd = openat(self->folder, self->temporary, flags, MODE);

	if (fd >= 0 || errno != EEXIST)
		return fd;
	/* a killed process with the same number has left it; a link is removed and not followed */
	unlinkat(self->folder, self->temporary, 0);
	return openat(self->folder, self->temporary, flags, MODE);
}

/* Readers see the old text or the new one, as a whole. */
gboolean
text_file_replace(TextFile *self, const gchar *text, gsize length, GError **error)
{
	gint fd = create_temporary(self);
	struct stat written;

	if (fd < 0)
		return set_error(self, g_strerror(errno), error);
	gboolean is_done = fchmod(fd, MODE) == 0 && write_all(fd, text, length) &&
			   fstat(fd, &written) == 0;
	gint failure = errno;
	is_done = close(fd) == 0 && is_done;
	if (is_done) {
		is_done = renameat(self->folder, self->temporary, self->folder, self->name) == 0;
		failure = errno;
	}
	if (is_done) {
		self->own = written;
		return TRUE;
	}
	unlinkat(self->folder, self->temporary, 0);
	return set_error(self, g_strerror(failure), error);
}

/* The number of a file that was removed is soon that of another one, so the time counts as well. */
static gboolean
is_own(const TextFile *self, const struct stat *found)
{
	return found->st_ino == self->own.st_ino && found->st_dev == self->own.st_dev &&
	       found->st_mtim.tv_sec == self->own.st_mtim.tv_sec &&
	       found->st_mtim.tv_nsec == self->own.st_mtim.tv_nsec;
}

/* Removes the file, unless another program has replaced it: its values are of a run that is over.
 */
void
text_file_close(TextFile *self)
{
	struct stat found;

	if (self->own.st_ino != 0 &&
	    fstatat(self->folder, self->name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
	    is_own(self, &found))
		unlinkat(self->folder, self->name, 0);
	text_file_free(self);
}
