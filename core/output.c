/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* How much of the end of a file an append may replace. */
#define TAIL_SIZE 16
/* How much of a file is mapped at a time. */
#define MAPPED_PAGES 64

struct _VmfcOutputSet {
	gchar *name;	  /* path without extension */
	guint old_number; /* under which an earlier run's files are kept; 0: not chosen yet */
	GPtrArray *paths; /* what has been created */
	gint lock;	  /* of the file that was replaced last; -1 for none */
};

struct _VmfcOutput {
	gchar *path;
	gint fd;
	gint staging;  /* memfd of a page; -1 where a record cannot be moved across pages at once */
	gchar *staged; /* that page in our memory */
	gchar *map;    /* a stretch of the file; NULL before the first record that needs it */
	goffset map_start;
	gsize page_size;
	goffset size;
	gchar tail[TAIL_SIZE]; /* the last bytes of the file, to put them back */
	gsize tail_length;
};

/* ------------------------------------------------------------- names */

/* @path: what the user gave; its extension is left off when it is one of vmfc's own */
VmfcOutputSet *
vmfc_output_set_new(const gchar *path)
{
	static const gchar *const extensions[] = {".json", ".jsonl", ".csv"};
	VmfcOutputSet *set = g_new0(VmfcOutputSet, 1);

	set->name = g_strdup(path);
	for (guint i = 0; i < G_N_ELEMENTS(extensions); i++) {
		if (g_str_has_suffix(path, extensions[i]))
			set->name[strlen(path) - strlen(extensions[i])] = '\0';
	}
	set->paths = g_ptr_array_new_with_free_func(g_free);
	set->lock = -1;
	return set;
}

void
vmfc_output_set_free(VmfcOutputSet *set)
{
	if (set->lock >= 0)
		close(set->lock);
	g_ptr_array_unref(set->paths);
	g_free(set->name);
	g_free(set);
}

gchar *
vmfc_output_set_build_path(VmfcOutputSet *set, const gchar *extension)
{
	return g_strconcat(set->name, extension, NULL);
}

GPtrArray *
vmfc_output_set_get_paths(VmfcOutputSet *set)
{
	return set->paths;
}

static void
set_output_error(GError **error, const gchar *what, const gchar *path, gint failure)
{
	const gchar *hint = "";

	if (failure == ENOSPC || failure == EDQUOT)
		hint = ": free some space";
	else if (failure == EACCES || failure == EPERM || failure == EROFS || failure == ENOTDIR ||
		 failure == ENOENT)
		hint = ": choose a place that can be written with --output";
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s cannot be %s: %s%s", path, what,
		    g_strerror(failure), hint);
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

static gboolean
rename_to_free_name(const gchar *from, const gchar *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return TRUE;
	/* not every file system knows the flag */
	if (errno != EINVAL || g_file_test(to, G_FILE_TEST_EXISTS))
		return FALSE;
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
		set_output_error(error, "created", folder, errno);
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
	if (!rename_to_free_name(path, kept)) {
		set_output_error(error, "renamed to a free name", path, errno);
		return FALSE;
	}
	g_message("%s was there already; it is now %s", path, kept);
	return TRUE;
}

/* ----------------------------------------------------------- creating */

static gint
write_all(gint fd, const gchar *text, gsize length, goffset at)
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
 * The file appears under its name with @start in it: it is made without a name first. Where the
 * file system does not know of such files, it appears empty for a moment.
 *
 * Returns: a file descriptor, or -1 with errno set
 */
static gint
create_with_start(const gchar *folder, const gchar *path, const gchar *start)
{
	gint fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	gint failure = 0;

	if (fd >= 0) {
		g_autofree gchar *self = g_strdup_printf("/proc/self/fd/%d", fd);
		flock(fd, LOCK_EX | LOCK_NB); /* see is_being_written() */
		failure = write_all(fd, start, strlen(start), 0);
		if (failure == 0 && linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
			return fd;
		close(fd);
	}
	if (failure == 0) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0)
			return -1;
		flock(fd, LOCK_EX | LOCK_NB);
		failure = write_all(fd, start, strlen(start), 0);
		if (failure == 0)
			return fd;
		close(fd);
		unlink(path);
	}
	errno = failure;
	return -1;
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
		failure = write_all(fd, text, strlen(text), 0);
	}
	if (failure == 0 && (fsync(fd) < 0 || rename(temporary, path) < 0))
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
	set_output_error(error, "written", path, failure);
	return FALSE;
}

static void
remember_tail(VmfcOutput *output, const gchar *text, gsize length)
{
	output->tail_length = MIN(length, TAIL_SIZE);
	memcpy(output->tail, text + length - output->tail_length, output->tail_length);
}

static void
close_staging(VmfcOutput *output)
{
	if (output->staged != NULL)
		munmap(output->staged, output->page_size);
	output->staged = NULL;
	if (output->staging >= 0)
		close(output->staging);
	output->staging = -1;
}

static void
open_staging(VmfcOutput *output)
{
	output->staging = memfd_create("vmfc-record", MFD_CLOEXEC);
	if (output->staging < 0)
		return;
	gchar *staged = ftruncate(output->staging, (off_t)output->page_size) == 0
				? mmap(NULL, output->page_size, PROT_READ | PROT_WRITE, MAP_SHARED,
				       output->staging, 0)
				: MAP_FAILED;
	if (staged != MAP_FAILED)
		output->staged = staged;
	else
		close_staging(output);
}

/* @start: what the file begins with; see vmfc_context_create_output() */
VmfcOutput *
vmfc_output_create(VmfcOutputSet *set, const gchar *extension, const gchar *start, GError **error)
{
	g_autofree gchar *path = vmfc_output_set_build_path(set, extension);
	g_autofree gchar *folder = g_path_get_dirname(path);

	if (!vmfc_output_set_keep_old(set, extension, error))
		return NULL;
	gint fd = create_with_start(folder, path, start);
	if (fd < 0) {
		set_output_error(error, "created", path, errno);
		return NULL;
	}
	VmfcOutput *output = g_new0(VmfcOutput, 1);
	output->fd = fd;
	output->page_size = (gsize)sysconf(_SC_PAGESIZE);
	open_staging(output);
	output->size = (goffset)strlen(start);
	output->path = g_steal_pointer(&path);
	remember_tail(output, start, strlen(start));
	g_ptr_array_add(set->paths, g_strdup(output->path));
	return output;
}

VmfcOutput *
vmfc_context_create_output(VmfcContext *context, const gchar *extension, const gchar *start,
			   GError **error)
{
	return vmfc_output_create(context->core->outputs, extension, start, error);
}

static void
unmap(VmfcOutput *output)
{
	if (output->map != NULL)
		munmap(output->map, (MAPPED_PAGES + 1) * output->page_size);
	output->map = NULL;
}

gboolean
vmfc_output_close(VmfcOutput *output, GError **error)
{
	gint failure = 0;

	unmap(output);
	/* what cannot be synchronised at all (a pipe, a device) is not a loss */
	if (fsync(output->fd) < 0 && errno != EINVAL && errno != EROFS)
		failure = errno;
	if (close(output->fd) < 0 && failure == 0)
		failure = errno;
	if (failure != 0)
		set_output_error(error, "finished", output->path, failure);
	close_staging(output);
	g_free(output->path);
	g_free(output);
	return failure == 0;
}

/* ---------------------------------------------------------- appending */

/*
 * One write. The kernel looks for a pending SIGKILL between the pages of a write, never within
 * one, so that text within one page is written whole or not at all.
 */
static gint
append_within_page(VmfcOutput *output, goffset at, const gchar *text, gsize length)
{
	gint failure = write_all(output->fd, text, length, at);
	if (failure == 0)
		return 0;
	/* a full disk may have taken a part: these bytes were there before, so they fit */
	if (ftruncate(output->fd, output->size) < 0 ||
	    write_all(output->fd, output->tail + output->tail_length - (output->size - at),
		      (gsize)(output->size - at), at) != 0)
		g_warning("%s could not be put back to its last whole record", output->path);
	return failure;
}

/* Makes the file longer by empty lines, which every format that is appended to ignores. */
static gint
extend_with_newlines(VmfcOutput *output, goffset to)
{
	gchar newlines[4096];
	gint failure = 0;

	memset(newlines, '\n', sizeof(newlines));
	for (goffset at = output->size; at < to && failure == 0;) {
		gsize length = MIN(sizeof(newlines), (gsize)(to - at));
		failure = write_all(output->fd, newlines, length, at);
		at += (goffset)length;
	}
	if (failure != 0 && ftruncate(output->fd, output->size) < 0)
		g_warning("%s could not be put back to its last whole record", output->path);
	return failure;
}

/*
 * Maps a stretch of the file that holds @at, and a page more for text that crosses its end.
 * Mapping costs more than a record, so that a stretch is kept for as long as it serves.
 */
static gboolean
map_around(VmfcOutput *output, goffset at)
{
	goffset stretch = (goffset)output->page_size * MAPPED_PAGES;
	goffset start = at - at % stretch;

	if (output->map != NULL && output->map_start == start)
		return TRUE;
	unmap(output);
	gchar *map = mmap(NULL, (gsize)stretch + output->page_size, PROT_READ | PROT_WRITE,
			  MAP_SHARED, output->fd, start);
	if (map == MAP_FAILED)
		return FALSE;
	output->map = map;
	output->map_start = start;
	return TRUE;
}

/* Moves @length bytes from the staging page to @at in the file, by one copy of the kernel. */
static gboolean
move_in(VmfcOutput *output, goffset at, gsize length)
{
	if (!map_around(output, at))
		return FALSE;
	gchar *to = output->map + (at - output->map_start);
	gsize into_page = (gsize)(at % (goffset)output->page_size);
	/* with the pages there and writable the copy cannot stop half way */
	return madvise(to - into_page, into_page + length, MADV_POPULATE_WRITE) == 0 &&
	       pread(output->staging, to, length, 0) == (gssize)length;
}

/*
 * Text that crosses from one page to the next could be torn by a SIGKILL in between. So the room
 * is made first, with empty lines; then the text is moved in by one copy of the kernel: a
 * read(2) from one page of memory into a mapping of the file, which nothing interrupts.
 *
 * Returns: 0, an errno, or -1 where this cannot be done here
 */
static gint
append_across_pages(VmfcOutput *output, goffset at, const gchar *text, gsize length)
{
	if (output->staging < 0 || length > output->page_size)
		return -1;
	memcpy(output->staged, text, length);
	gint failure = extend_with_newlines(output, at + (goffset)length);
	if (failure != 0)
		return failure;
	if (move_in(output, at, length))
		return 0;
	close_staging(output); /* not on this kernel or file system: do not try again */
	return ftruncate(output->fd, output->size) == 0 ? -1 : errno;
}

gboolean
vmfc_output_append(VmfcOutput *output, gsize overwrite, const gchar *text, gsize length,
		   GError **error)
{
	g_return_val_if_fail(overwrite <= output->tail_length && overwrite <= length, FALSE);
	goffset at = output->size - (goffset)overwrite;
	goffset last = at + (goffset)length - 1;
	gint failure = -1;

	if (at / (goffset)output->page_size != last / (goffset)output->page_size)
		failure = append_across_pages(output, at, text, length);
	if (failure < 0)
		failure = append_within_page(output, at, text, length);
	if (failure != 0) {
		set_output_error(error, "written", output->path, failure);
		return FALSE;
	}
	output->size = at + (goffset)length;
	remember_tail(output, text, length);
	return TRUE;
}
