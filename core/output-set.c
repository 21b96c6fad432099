/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output-set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

/* Of vmfc's own sinks. */
static const gchar *const extensions[] = {".json", ".jsonl", ".csv"};

struct _VmfcOutputSet {
	gchar *name;	  /* path without extension */
	guint old_number; /* under which an earlier run's files are kept; 0: not chosen yet */
	GPtrArray *paths; /* what has been created */
	gint lock;	  /* of the file that was replaced last; -1 for none */
	VmfcSync *sync;
};

/*
 * @path: what the user gave; its extension is left off when it is one of vmfc's own
 * @sync_interval: after how many ns what was written is brought onto the disk; 0: at the end
 */
VmfcOutputSet *
vmfc_output_set_new(const gchar *path, gint64 sync_interval)
{
	VmfcOutputSet *set = g_new0(VmfcOutputSet, 1);

	set->name = g_strdup(path);
	for (guint i = 0; i < G_N_ELEMENTS(extensions); i++) {
		if (g_str_has_suffix(path, extensions[i]))
			set->name[strlen(path) - strlen(extensions[i])] = '\0';
	}
	set->paths = g_ptr_array_new_with_free_func(g_free);
	set->lock = -1;
	set->sync = vmfc_sync_new(sync_interval);
	return set;
}

void
vmfc_output_set_free(VmfcOutputSet *set)
{
	if (set->lock >= 0)
		close(set->lock);
	vmfc_sync_free(set->sync);
	g_ptr_array_unref(set->paths);
	g_free(set->name);
	g_free(set);
}

gchar *
vmfc_output_set_build_path(VmfcOutputSet *set, const gchar *extension)
{
	return g_strconcat(set->name, extension, NULL);
}

VmfcSync *
vmfc_output_set_get_sync(VmfcOutputSet *set)
{
	return set->sync;
}

GPtrArray *
vmfc_output_set_get_paths(VmfcOutputSet *set)
{
	return set->paths;
}

/* The first number under which no file of an earlier run is kept yet. */
static gboolean
choose_old_number(VmfcOutputSet *set, GError **error)
{
	g_autofree gchar *folder = g_path_get_dirname(set->name);
	const gchar *slash = strrchr(set->name, '/');
	const gchar *base = slash != NULL ? slash + 1 : set->name;
	g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
	const gchar *entry;
	guint64 highest = 0;

	if (dir == NULL)
		return FALSE;
	while ((entry = g_dir_read_name(dir)) != NULL) {
		gsize length = strlen(base);
		if (!g_str_has_prefix(entry, base) || entry[length] != '.')
			continue;
		gchar *end;
		guint64 number = g_ascii_strtoull(entry + length + 1, &end, 10);
		if (*end == '.' && end > entry + length + 1 && number < G_MAXUINT)
			highest = MAX(highest, number);
	}
	set->old_number = (guint)highest + 1;
	return TRUE;
}

/* Whether another vmfc is writing @path at the moment. */
static gboolean
is_being_written(const gchar *path)
{
	gint fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return FALSE;
	gboolean busy = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	close(fd);
	return busy;
}

/* Renames @from to @to, unless there is such a file. Returns: %FALSE with errno set */
gboolean
vmfc_output_rename(const gchar *from, const gchar *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return TRUE;
	/* not every file system knows the flag; a link replaces nothing either */
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

/*
 * Makes the folder. A file that is in the way there keeps its content under a free numbered name,
 * and that is said.
 */
gboolean
vmfc_output_set_keep_old(VmfcOutputSet *set, const gchar *extension, GError **error)
{
	g_autofree gchar *path = vmfc_output_set_build_path(set, extension);
	g_autofree gchar *folder = g_path_get_dirname(path);
	struct stat info;

	if (g_mkdir_with_parents(folder, 0777) < 0) {
		vmfc_set_file_error(error, "created", folder, errno);
		return FALSE;
	}
	if (lstat(path, &info) < 0)
		return TRUE; /* opening it will tell what is wrong, if anything is */
	if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s is there and is no file: choose another name with --output", path);
		return FALSE;
	}
	if (is_being_written(path)) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_IO,
			"%s is being written by another vmfc: choose another name with --output",
			path);
		return FALSE;
	}
	if (set->old_number == 0 && !choose_old_number(set, error))
		return FALSE;
	g_autofree gchar *kept = g_strdup_printf("%s.%u%s", set->name, set->old_number, extension);
	if (!vmfc_output_rename(path, kept)) {
		vmfc_set_file_error(error, "renamed to a free name", path, errno);
		return FALSE;
	}
	g_message("%s was there already; it is now %s", path, kept);
	return TRUE;
}

/*
 * What an earlier run has written stays together under one number, also in formats that this run
 * does not write. Its meta file tells that there was one.
 */
gboolean
vmfc_output_set_keep_run(VmfcOutputSet *set, GError **error)
{
	g_autofree gchar *meta = vmfc_output_set_build_path(set, ".meta.json");
	gboolean any = g_file_test(meta, G_FILE_TEST_EXISTS);

	for (guint i = 0; any && i < G_N_ELEMENTS(extensions); i++) {
		g_autofree gchar *path = vmfc_output_set_build_path(set, extensions[i]);
		if (g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
		    !vmfc_output_set_keep_old(set, extensions[i], error))
			return FALSE;
	}
	return vmfc_output_set_keep_old(set, ".meta.json", error);
}

/* ----------------------------------------------------------- writing */

/* Returns: 0, or an errno */
gint
vmfc_output_write_all(gint fd, const gchar *text, gsize length, goffset at)
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

/*
 * Writes a whole file anew, so that it is never half written, and keeps it locked: whoever wants to
 * write under the same name sees that the run is not over.
 */
gboolean
vmfc_output_set_replace(VmfcOutputSet *set, const gchar *extension, const gchar *text,
			GError **error)
{
	g_autofree gchar *path = vmfc_output_set_build_path(set, extension);
	g_autofree gchar *temporary = g_strconcat(path, ".XXXXXX", NULL);
	gint fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0666);
	gint failure = fd < 0 ? errno : 0;

	if (failure == 0) {
		flock(fd, LOCK_EX | LOCK_NB);
		failure = vmfc_output_write_all(fd, text, strlen(text), 0);
	}
	if (failure == 0)
		failure = vmfc_sync_file(fd);
	if (failure == 0 && rename(temporary, path) < 0)
		failure = errno;
	if (failure == 0) {
		if (set->lock >= 0)
			close(set->lock);
		set->lock = fd;
		return TRUE;
	}
	if (fd >= 0) {
		close(fd);
		unlink(temporary);
	}
	vmfc_set_file_error(error, "written", path, failure);
	return FALSE;
}
