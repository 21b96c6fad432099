/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output/run-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "output/new-file.h"
#include "output/output-name.h"

#define META ".meta.json"
/*
 * How long another vmfc may lock the folder while it creates its files, and the pause between two
 * tries.
 */
#define HOLD_SECONDS  10
#define HOLD_PAUSE_US 5000
/* How often another program may take a free number first. */
#define MAX_TRIES 5

struct _VmfcRunFiles {
	GPtrArray *extensions; /* of files that an earlier run may have left, and of this run */
	gchar *path;	       /* as the user gave it */
	gchar *name;	       /* the path without its extension */
	gchar *meta;	       /* path of the meta file; NULL: none is written */
	VmfcStream *stream;    /* instead of files; NULL: none */
	gboolean is_empty;     /* no sink writes a file */
	gint holder;	       /* the locked folder; -1: not locked */
	gint meta_holder;      /* the locked folder of the meta file, if it is another one; -1: not
				  locked */
	guint old_number;      /* number of the files of an earlier run; 0: not chosen yet */
	gboolean is_divided;   /* into parts */
	guint n_kept;	       /* number of parts; 0: all */
	GPtrArray *paths;      /* the files of this run */
	gint lock;	       /* of the last file that was replaced; -1: none */
	VmfcFsync *sync;
};

/*
 * Adds the extension of files that belong to a run: the shared name does not have it, and vmfc
 * keeps such files of an earlier run.
 */
void
vmfc_run_files_add_extension(VmfcRunFiles *set, const gchar *extension)
{
	g_autofree gchar *beside = vmfc_run_files_build_path(set, META);
	gboolean is_beside = g_strcmp0(set->meta, beside) == 0;

	if (g_ptr_array_find_with_equal_func(set->extensions, extension, g_str_equal, NULL))
		return;
	g_ptr_array_add(set->extensions, g_strdup(extension));
	g_free(set->name);
	set->name = vmfc_output_name_strip(set->path, vmfc_run_files_get_extensions(set));
	if (!is_beside)
		return;
	g_free(set->meta);
	set->meta = vmfc_run_files_build_path(set, META);
}

/* Returns: (transfer none): the extensions of the files of the run; ends with %NULL */
const gchar *const *
vmfc_run_files_get_extensions(const VmfcRunFiles *set)
{
	return (const gchar *const *)set->extensions->pdata;
}

/*
 * @path: from the user; the shared name does not have its extension if it is one of @extensions
 * @extensions: of files that a run may leave
 * @sync_interval: maximum age of text that is not synced, in ns; 0: sync only at the end
 */
VmfcRunFiles *
vmfc_run_files_new(const gchar *path, const gchar *const *extensions, gint64 sync_interval)
{
	VmfcRunFiles *set = g_new0(VmfcRunFiles, 1);

	set->extensions = g_ptr_array_new_null_terminated(4, g_free, TRUE);
	set->path = g_strdup(path);
	set->name = g_strdup(path);
	set->meta = vmfc_run_files_build_path(set, META);
	for (guint i = 0; extensions[i] != NULL; i++)
		vmfc_run_files_add_extension(set, extensions[i]);
	set->paths = g_ptr_array_new_with_free_func(g_free);
	set->holder = -1;
	set->meta_holder = -1;
	set->lock = -1;
	set->sync = vmfc_fsync_new(sync_interval);
	return set;
}

void
vmfc_run_files_free(VmfcRunFiles *set)
{
	vmfc_run_files_release(set);
	if (set->lock >= 0)
		close(set->lock);
	g_clear_pointer(&set->stream, vmfc_stream_free);
	vmfc_fsync_free(set->sync);
	g_ptr_array_unref(set->paths);
	g_free(set->meta);
	g_free(set->name);
	g_free(set->path);
	g_ptr_array_unref(set->extensions);
	g_free(set);
}

/* @n_kept: number of parts to keep; 0: all */
void
vmfc_run_files_divide(VmfcRunFiles *set, guint n_kept)
{
	set->is_divided = TRUE;
	set->n_kept = n_kept;
}

/* @path: of the meta file, instead of a path beside the other files */
void
vmfc_run_files_put_meta(VmfcRunFiles *set, const gchar *path)
{
	g_free(set->meta);
	set->meta = g_strdup(path);
}

/* Writes records to a stream, and no meta file unless vmfc_run_files_put_meta() is called. */
gboolean
vmfc_run_files_open_stream(VmfcRunFiles *set, const gchar *path, GError **error)
{
	g_clear_pointer(&set->meta, g_free);
	set->stream = vmfc_stream_open(path, error);
	return set->stream != NULL;
}

/* No sink writes a file, and there is no meta file unless vmfc_run_files_put_meta() is called. */
void
vmfc_run_files_leave_empty(VmfcRunFiles *set)
{
	g_clear_pointer(&set->meta, g_free);
	set->is_empty = TRUE;
}

/* Returns: (transfer none) (nullable): the stream of the records, instead of files */
VmfcStream *
vmfc_run_files_get_stream(VmfcRunFiles *set)
{
	return set->stream;
}

gchar *
vmfc_run_files_build_path(VmfcRunFiles *set, const gchar *extension)
{
	return g_strconcat(set->name, extension, NULL);
}

VmfcFsync *
vmfc_run_files_get_sync(VmfcRunFiles *set)
{
	return set->sync;
}

void
vmfc_run_files_add_path(VmfcRunFiles *set, const gchar *path)
{
	if (!g_ptr_array_find_with_equal_func(set->paths, path, g_str_equal, NULL))
		g_ptr_array_add(set->paths, g_strdup(path));
}

GPtrArray *
vmfc_run_files_get_paths(VmfcRunFiles *set)
{
	return set->paths;
}

/* -------------------------------------------------- files of earlier runs */

/* @highest: (out): the highest number of a kept file; 0: none */
static gboolean
find_highest_number(VmfcRunFiles *set, guint *highest, GError **error)
{
	g_autofree gchar *folder = g_path_get_dirname(set->name);
	g_autofree gchar *base = g_path_get_basename(set->name);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
	const gchar *entry;

	*highest = 0;
	if (dir == NULL)
		return FALSE;
	while ((entry = g_dir_read_name(dir)) != NULL) {
		gsize length = strlen(base);
		if (!g_str_has_prefix(entry, base) || entry[length] != '.')
			continue;
		gchar *end;
		guint64 number = g_ascii_strtoull(entry + length + 1, &end, 10);
		if (*end == '.' && end > entry + length + 1 && number < G_MAXUINT)
			*highest = MAX(*highest, (guint)number);
	}
	return TRUE;
}

/* Returns: (transfer full): the path of a file that is kept under a number */
static gchar *
build_numbered_path(VmfcRunFiles *set, guint number, const gchar *extension)
{
	return set->is_divided ? g_strdup_printf("%s.%04u%s", set->name, number, extension)
			       : g_strdup_printf("%s.%u%s", set->name, number, extension);
}

/* Returns: whether another vmfc is writing @path now */
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

static gboolean
set_busy(const gchar *path, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "another vmfc is writing %s: choose another name with --output", path);
	return FALSE;
}

/*
 * Renames the file to a free numbered name, and logs it. All files of a run share a number, but it
 * may be taken if other programs move or cut a file more than once.
 */
static gboolean
rename_old(VmfcRunFiles *set, const gchar *path, const gchar *extension, GError **error)
{
	for (guint i = 0; i < MAX_TRIES; i++) {
		guint highest = 0;
		if (set->old_number == 0 && !find_highest_number(set, &highest, error))
			return FALSE;
		if (set->old_number == 0)
			set->old_number = highest + 1;
		g_autofree gchar *kept = build_numbered_path(set, set->old_number, extension);
		if (vmfc_new_file_rename(path, kept)) {
			g_message("%s exists already; vmfc renamed it to %s", path, kept);
			return TRUE;
		}
		if (errno != EEXIST)
			break;
		set->old_number = 0;
	}
	vmfc_set_file_error(error, "renamed to a free name", path, errno);
	return FALSE;
}

static gboolean
make_folder(const gchar *path, GError **error)
{
	g_autofree gchar *folder = g_path_get_dirname(path);

	if (g_mkdir_with_parents(folder, 0777) == 0)
		return TRUE;
	vmfc_set_file_error(error, "created", folder, errno);
	return FALSE;
}

/* Returns: whether a file can be created at @path after an old one is renamed */
static gboolean
may_replace(const gchar *path, gboolean *exists, GError **error)
{
	struct stat info;

	*exists = lstat(path, &info) == 0;
	if (!*exists)
		return TRUE; /* creating the file will show other errors */
	if (!S_ISREG(info.st_mode) && !S_ISLNK(info.st_mode)) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_IO,
			"%s exists and is not a regular file: choose another name with --output",
			path);
		return FALSE;
	}
	return !is_being_written(path) || set_busy(path, error);
}

/* Creates the folder. Renames a file that is in the way to a free numbered name, and logs it. */
gboolean
vmfc_run_files_keep_old(VmfcRunFiles *set, const gchar *extension, GError **error)
{
	g_autofree gchar *path = vmfc_run_files_build_path(set, extension);
	gboolean exists;

	return make_folder(path, error) && may_replace(path, &exists, error) &&
	       (!exists || rename_old(set, path, extension, error));
}

/* If --meta gives the path, NAME.json is renamed to NAME.N.json. */
static gboolean
keep_old_meta(VmfcRunFiles *set, GError **error)
{
	g_autofree gchar *beside = vmfc_run_files_build_path(set, META);

	if (set->meta == NULL)
		return TRUE;
	if (g_str_equal(set->meta, beside))
		return vmfc_run_files_keep_old(set, META, error);
	g_autoptr(VmfcRunFiles) alone = vmfc_run_files_new(set->meta,
							   vmfc_run_files_get_extensions(set), 0);
	const gchar *extension = set->meta + strlen(alone->name);
	return vmfc_run_files_keep_old(alone, extension, error);
}

/*
 * All files of an earlier run get the same number, also those in formats that this run does not
 * write. A meta file shows that there was an earlier run.
 */
gboolean
vmfc_run_files_keep_run(VmfcRunFiles *set, GError **error)
{
	g_autofree gchar *meta = vmfc_run_files_build_path(set, META);
	gboolean any = g_file_test(meta, G_FILE_TEST_EXISTS);

	if (set->stream != NULL || set->is_empty)
		return keep_old_meta(set, error);
	/* a run that starts a new part has only this file locked */
	if (any && is_being_written(meta))
		return set_busy(set->name, error);
	for (guint i = 0; any && i < set->extensions->len; i++) {
		const gchar *extension = set->extensions->pdata[i];
		g_autofree gchar *path = vmfc_run_files_build_path(set, extension);
		if (g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
		    !vmfc_run_files_keep_old(set, extension, error))
			return FALSE;
	}
	return keep_old_meta(set, error);
}

/* Returns: whether both descriptors are open on the same folder */
static gboolean
are_same(gint left, gint right)
{
	struct stat one, other;

	return left >= 0 && right >= 0 && fstat(left, &one) == 0 && fstat(right, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/*
 * Waits until no other vmfc has locked the folder, and locks it.
 *
 * @held: (out): the locked folder; -1: vmfc cannot read it, which is not an error. A file system
 *   without locks is not an error either.
 * @other: a folder that is locked already; -1: none
 */
static gboolean
hold_folder(const gchar *path, gint other, gint *held, GError **error)
{
	g_autofree gchar *folder = g_path_get_dirname(path);

	if (!make_folder(path, error))
		return FALSE;
	*held = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (are_same(*held, other))
		return TRUE;
	for (guint i = 0; *held >= 0 && flock(*held, LOCK_EX | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK)
			return TRUE;
		if (i == HOLD_SECONDS * G_USEC_PER_SEC / HOLD_PAUSE_US) {
			g_set_error(
				error, VMFC_ERROR, VMFC_ERROR_IO,
				"another program has locked the folder %s for %d s, as vmfc does "
				"while it starts: stop it, or choose another folder with --output",
				folder, HOLD_SECONDS);
			return FALSE;
		}
		g_usleep(HOLD_PAUSE_US);
	}
	return TRUE;
}

/*
 * Locks the folders until all files of the run exist. Otherwise another vmfc could choose the same
 * names.
 */
gboolean
vmfc_run_files_hold(VmfcRunFiles *set, GError **error)
{
	if (set->stream == NULL && !set->is_empty &&
	    !hold_folder(set->name, -1, &set->holder, error))
		return FALSE;
	return set->meta == NULL || hold_folder(set->meta, set->holder, &set->meta_holder, error);
}

void
vmfc_run_files_release(VmfcRunFiles *set)
{
	gint *const holders[] = {&set->meta_holder, &set->holder};

	for (guint i = 0; i < G_N_ELEMENTS(holders); i++) {
		if (*holders[i] >= 0)
			close(*holders[i]);
		*holders[i] = -1;
	}
}

/* --------------------------------------------------------- meta file */

/* The file stays locked, so that another vmfc with the same name sees that the run is not over. */
gboolean
vmfc_run_files_write_meta(VmfcRunFiles *set, const gchar *text, GError **error)
{
	if (set->meta == NULL)
		return TRUE;
	/* the old file is renamed, so --meta gives the path of another file of this run */
	if (set->lock < 0 && access(set->meta, F_OK) == 0) {
		vmfc_set_file_error(error, "written", set->meta, EEXIST);
		return FALSE;
	}
	return vmfc_new_file_replace(set->meta, text, &set->lock, error);
}

/* Returns: (nullable): the path of the meta file; %NULL: vmfc writes none */
const gchar *
vmfc_run_files_get_meta(VmfcRunFiles *set)
{
	return set->meta;
}

/* -------------------------------------------------------------- parts */

/* Returns: whether a file of the part existed */
static gboolean
remove_part(VmfcRunFiles *set, guint number)
{
	g_autofree gchar *meta = build_numbered_path(set, number, META);
	gboolean any = unlink(meta) == 0;

	for (guint i = 0; i < set->paths->len; i++) {
		const gchar *path = set->paths->pdata[i];
		g_autofree gchar *part = build_numbered_path(set, number, path + strlen(set->name));
		any |= unlink(part) == 0;
	}
	return any;
}

static void
remove_oldest(VmfcRunFiles *set, guint newest)
{
	guint number = set->n_kept > 0 && newest > set->n_kept ? newest - set->n_kept : 0;

	while (number > 0 && remove_part(set, number))
		number--;
}

/*
 * Renames the files of the part that has ended, all of them closed, to the next free number.
 *
 * @meta: the text of the meta file of this part
 */
gboolean
vmfc_run_files_end_part(VmfcRunFiles *set, const gchar *meta, GError **error)
{
	guint highest;

	if (!find_highest_number(set, &highest, error))
		return FALSE;
	guint number = highest + 1;
	for (guint i = 0; i < set->paths->len; i++) {
		const gchar *path = set->paths->pdata[i];
		g_autofree gchar *part = build_numbered_path(set, number, path + strlen(set->name));
		if (vmfc_new_file_rename(path, part) || errno == ENOENT)
			continue;
		vmfc_set_file_error(error, "renamed to a free name", path, errno);
		return FALSE;
	}
	g_autofree gchar *path = build_numbered_path(set, number, META);
	if (set->meta != NULL && !vmfc_new_file_replace(path, meta, NULL, error))
		return FALSE;
	remove_oldest(set, number);
	set->old_number = 0;
	return TRUE;
}
