/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output/append-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "output/new-file.h"

/* Maximum size of the end of a file that an append may replace, in bytes. */
#define TAIL_SIZE 16
/* Size of a mapping. */
#define MAPPED_PAGES 64
/*
 * Maximum number of blanks that are added at a time after a text whose end is replaced, and how
 * many seconds they should last.
 */
#define MAX_ROOM     (16 * VMFC_NEW_FILE_ROOM)
#define ROOM_SECONDS 10

struct _VmfcOutput {
	GPtrArray *open;    /* a list that contains it until it is closed; NULL: none */
	VmfcStream *stream; /* NULL: a file, which the fields below describe */
	gchar *path;
	gint fd;
	gboolean has_links; /* the file system counts links */
	gboolean is_cut;    /* another program has made it shorter */
	gint staging;	    /* memfd; -1: a record cannot be copied across pages at once */
	gchar *map;	    /* a part of the file; NULL before the first record that needs it */
	goffset map_start;
	gsize map_size;
	gsize page_size;
	VmfcFsync *sync;
	gint64 room_made; /* CLOCK_MONOTONIC, µs */
	goffset room_step;
	gboolean is_torn;      /* its last record is not whole, and vmfc has logged it */
	goffset size;	       /* of the text */
	goffset room;	       /* size of the file: after the text it is blank */
	goffset reserved;      /* the disk has blocks up to there */
	gchar tail[TAIL_SIZE]; /* the last bytes of the text, to restore them */
	gsize tail_length;
};

/* ----------------------------------------------------------- creating */

static void
store_tail(VmfcOutput *output, const gchar *text, gsize length)
{
	output->tail_length = MIN(length, TAIL_SIZE);
	memcpy(output->tail, text + length - output->tail_length, output->tail_length);
}

static void
close_staging(VmfcOutput *output)
{
	if (output->staging >= 0)
		close(output->staging);
	output->staging = -1;
}

static VmfcOutput *
create_on_stream(VmfcStream *stream, const gchar *start)
{
	VmfcOutput *output = g_new0(VmfcOutput, 1);

	vmfc_stream_begin(stream, start);
	output->stream = stream;
	return output;
}

static VmfcOutput *
create_file(VmfcRunFiles *set, const gchar *extension, const gchar *start, GError **error)
{
	g_autofree gchar *path = vmfc_run_files_build_path(set, extension);

	if (!vmfc_run_files_keep_old(set, extension, error))
		return NULL;
	VmfcFsync *sync = vmfc_run_files_get_sync(set);
	gint fd = vmfc_new_file_create(path, start, vmfc_fsync_is_wanted(sync));
	if (fd < 0) {
		vmfc_set_file_error(error, "created", path, errno);
		return NULL;
	}
	VmfcOutput *output = g_new0(VmfcOutput, 1);
	struct stat info;
	output->fd = fd;
	output->has_links = fstat(fd, &info) == 0 && info.st_nlink > 0;
	output->page_size = (gsize)sysconf(_SC_PAGESIZE);
	output->staging = memfd_create("vmfc-record", MFD_CLOEXEC);
	output->size = (goffset)strlen(start);
	output->room = output->size;
	output->reserved = output->size;
	output->sync = sync;
	output->room_step = VMFC_NEW_FILE_ROOM;
	output->room_made = G_MININT64 / 2;
	vmfc_fsync_add(sync, fd, path);
	output->path = g_steal_pointer(&path);
	store_tail(output, start, strlen(start));
	vmfc_run_files_add_path(set, output->path);
	return output;
}

/*
 * @start: the first text of the file; see vmfc_context_create_output()
 * @open: (nullable): a list that contains the output until it is closed
 */
VmfcOutput *
vmfc_output_create(VmfcRunFiles *set, const gchar *extension, const gchar *start, GPtrArray *open,
		   GError **error)
{
	VmfcStream *stream = vmfc_run_files_get_stream(set);
	VmfcOutput *output = stream != NULL ? create_on_stream(stream, start)
					    : create_file(set, extension, start, error);

	if (output == NULL || open == NULL)
		return output;
	output->open = open;
	g_ptr_array_add(open, output);
	return output;
}

const gchar *
vmfc_output_get_path(const VmfcOutput *output)
{
	return output->path;
}

/* Returns: the length of the text, in bytes; 0 for a stream */
goffset
vmfc_output_get_size(const VmfcOutput *output)
{
	return output->size;
}

/* @with_name: also check whether it still has its name, which costs more */
VmfcOutputFate
vmfc_output_look(VmfcOutput *output, gboolean with_name)
{
	struct stat open_file, named;

	if (output->stream != NULL || fstat(output->fd, &open_file) < 0)
		return VMFC_OUTPUT_INTACT;
	output->is_cut |= open_file.st_size < output->size;
	if (output->has_links && open_file.st_nlink == 0)
		return VMFC_OUTPUT_DELETED;
	if (output->is_cut)
		return VMFC_OUTPUT_CUT;
	if (!with_name)
		return VMFC_OUTPUT_INTACT;
	gboolean exists = stat(output->path, &named) == 0;
	if (!exists && errno != ENOENT && errno != ENOTDIR)
		return VMFC_OUTPUT_INTACT;
	return exists && named.st_ino == open_file.st_ino && named.st_dev == open_file.st_dev
		       ? VMFC_OUTPUT_INTACT
		       : VMFC_OUTPUT_MOVED;
}

static void
unmap(VmfcOutput *output)
{
	if (output->map != NULL)
		munmap(output->map, output->map_size);
	output->map = NULL;
}

static gboolean
close_file(VmfcOutput *output, GError **error)
{
	gint failure = 0;

	unmap(output);
	/* sync the text of all files before this one shrinks to its length */
	if (vmfc_fsync_is_wanted(output->sync))
		vmfc_fsync_now(output->sync);
	if (!output->is_cut && ftruncate(output->fd, output->size) < 0)
		failure = errno;
	gint sync_failure = vmfc_fsync_finish(output->sync, output->fd);
	if (failure == 0)
		failure = sync_failure;
	if (close(output->fd) < 0 && failure == 0)
		failure = errno;
	if (failure != 0)
		vmfc_set_file_error(error, "finished", output->path, failure);
	close_staging(output);
	return failure == 0;
}

gboolean
vmfc_output_close(VmfcOutput *output, GError **error)
{
	gboolean closed = output->stream != NULL ? vmfc_stream_finish(output->stream, error)
						 : close_file(output, error);

	if (output->open != NULL)
		g_ptr_array_remove(output->open, output);
	g_free(output->path);
	g_free(output);
	return closed;
}

/* ---------------------------------------------------------- appending */

static gboolean
has_tail(VmfcOutput *output, goffset at)
{
	gchar tail[TAIL_SIZE];
	return pread(output->fd, tail, output->tail_length, at) == (gssize)output->tail_length &&
	       memcmp(tail, output->tail, output->tail_length) == 0;
}

/*
 * Removes a record that was written in part, and restores the end of the text. It fits, because it
 * was there before.
 */
static void
restore_end(VmfcOutput *output)
{
	goffset at = output->size - (goffset)output->tail_length;
	gboolean whole = has_tail(output, at) ||
			 vmfc_new_file_write_all(output->fd, output->tail, output->tail_length,
						 at) == 0;
	struct stat info;

	if (fstat(output->fd, &info) < 0 ||
	    (info.st_size > output->size && ftruncate(output->fd, output->size) < 0))
		whole = FALSE;
	else /* what is cut off gives its blocks back, also those after it */
		output->room = output->reserved = output->size;
	if (!whole && !output->is_torn)
		g_warning("vmfc could not restore %s to its last whole record", output->path);
	output->is_torn = !whole;
}

/*
 * Extends the file with @blank up to @to. Returns: 0, or an errno, and then the text is unchanged
 */
static gint
extend(VmfcOutput *output, goffset to, gchar blank)
{
	gchar blanks[4096];
	gint failure = 0;

	memset(blanks, blank, sizeof(blanks));
	for (goffset at = output->room; at < to && failure == 0;) {
		gsize length = MIN(sizeof(blanks), (gsize)(to - at));
		failure = vmfc_new_file_write_all(output->fd, blanks, length, at);
		at += (goffset)length;
	}
	if (failure == 0)
		output->room = MAX(output->room, to);
	else
		restore_end(output);
	return failure;
}

/*
 * If a record replaces the end of the text (the closing bracket of an array), the file must not
 * become longer at the same time: after a power cut the new text could have the old length, or the
 * old text the new length. So the file has blanks after the text, which are synced before they are
 * used, and which last for the time between two syncs. If the disk has no space for them, the
 * record may still fit.
 */
static void
make_room(VmfcOutput *output, goffset end)
{
	if (end <= output->room || !vmfc_fsync_is_wanted(output->sync) ||
	    !vmfc_new_file_has_plenty(output->fd))
		return;
	gint64 now = g_get_monotonic_time();
	if (now - output->room_made < ROOM_SECONDS * G_USEC_PER_SEC)
		output->room_step = MIN(output->room_step * 2, MAX_ROOM);
	output->room_made = now;
	goffset step = output->room_step;
	if (extend(output, (end + step - 1) / step * step, ' ') == 0)
		vmfc_fsync_now(output->sync);
}

/*
 * One write. The kernel checks for a pending SIGKILL between the pages of a write, never within a
 * page. So a text within one page is written as a whole or not at all.
 */
static gint
write_at(VmfcOutput *output, goffset at, const gchar *text, gsize length)
{
	gint failure = vmfc_new_file_write_all(output->fd, text, length, at);
	if (failure == 0)
		output->room = MAX(output->room, at + (goffset)length);
	else
		restore_end(output);
	return failure;
}

/*
 * Maps the part of the file at @at, with room for a record that crosses its end. Mapping costs more
 * than a record, so a mapping is kept as long as it fits.
 */
static gboolean
map_around(VmfcOutput *output, goffset at, gsize length)
{
	goffset map_length = (goffset)output->page_size * MAPPED_PAGES;
	goffset start = at - at % map_length;
	gsize needed = (gsize)(at - start) + length;

	if (output->map != NULL && output->map_start == start && output->map_size >= needed)
		return TRUE;
	unmap(output);
	gsize size = MAX((gsize)map_length + output->page_size, needed);
	gchar *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, output->fd, start);
	if (map == MAP_FAILED)
		return FALSE;
	output->map = map;
	output->map_start = start;
	output->map_size = size;
	return TRUE;
}

/* Copies @text to @at in the mapping. The kernel makes the copy: it does not stop for a SIGKILL. */
static gboolean
copy_in(VmfcOutput *output, goffset at, const gchar *text, gsize length)
{
	gchar *to = output->map + (at - output->map_start);
	return vmfc_new_file_write_all(output->staging, text, length, 0) == 0 &&
	       pread(output->staging, to, length, 0) == (gssize)length;
}

/* Copies the old content over itself, so that each page exists and is writable. */
static gboolean
touch(VmfcOutput *output, goffset at, gsize length)
{
	gsize n_old = (gsize)(output->size - at);
	g_autofree gchar *same = g_strnfill(length, '\n');

	memcpy(same, output->tail + output->tail_length - n_old, n_old);
	return copy_in(output, at, same, length);
}

/* Makes the pages writable, so that the copy does not wait for one of them half way. */
static gboolean
prepare_pages(VmfcOutput *output, goffset at, gsize length)
{
	gsize into_page = (gsize)(at % (goffset)output->page_size);
	gchar *first = output->map + (at - output->map_start) - into_page;

	if (madvise(first, into_page + length, MADV_POPULATE_WRITE) == 0)
		return TRUE;
	return errno == EINVAL && touch(output, at, length); /* Linux before 5.14 */
}

/*
 * A SIGKILL could tear a text that crosses from one page to the next. So vmfc first extends the
 * file with empty lines, which every format ignores. Then the kernel moves the text in with a
 * single copy: a read(2) from a file in memory into a mapping of the file. Between the pages of a
 * write the
 * kernel checks for signals (generic_perform_write() in mm/filemap.c of Linux). Between the pages
 * of this read it does not (shmem_file_read_iter() in mm/shmem.c), and the pages are writable. One
 * case remains: in the microsecond between preparing the pages and copying, the kernel starts to
 * write one of them to the disk, and another thread has locked the memory map when the copy needs
 * that page.
 *
 * Returns: 0, an errno, or -1 if this is not possible
 */
static gint
write_across_pages(VmfcOutput *output, goffset at, const gchar *text, gsize length)
{
	if (output->staging < 0)
		return -1;
	gint failure = extend(output, at + (goffset)length, '\n');
	if (failure != 0)
		return failure;
	if (map_around(output, at, length) && prepare_pages(output, at, length) &&
	    copy_in(output, at, text, length))
		return 0;
	/* a file system without mappings will not get them */
	if (errno == ENODEV || errno == EACCES || errno == EOPNOTSUPP)
		close_staging(output);
	return -1;
}

/* Returns: whether the disk refused, and not only lacks the call */
static gboolean
is_refusal(gint failure)
{
	return failure == ENOSPC || failure == EDQUOT || failure == EFBIG || failure == EIO;
}

/*
 * Reserves blocks first, so that a full disk refuses a record as a whole. To remove a part of a
 * record would make programs that follow the file read it again.
 *
 * Returns: 0, or an errno
 */
static gint
reserve(VmfcOutput *output, goffset end)
{
	if (end <= output->reserved)
		return 0;
	goffset step = vmfc_new_file_has_plenty(output->fd) ? VMFC_NEW_FILE_ROOM
							    : (goffset)output->page_size;
	const goffset aims[] = {(end + step - 1) / step * step, end};
	gint failure = 0;
	for (guint i = 0; i < G_N_ELEMENTS(aims); i++) {
		if (fallocate(output->fd, FALLOC_FL_KEEP_SIZE, output->reserved,
			      aims[i] - output->reserved) == 0) {
			output->reserved = aims[i];
			return 0;
		}
		failure = errno;
	}
	return is_refusal(failure) ? failure : 0;
}

/*
 * Adds a line with one write, so programs that follow the file see each line once and whole. A
 * SIGKILL can leave a part of a line that crosses a page.
 */
static gint
add_line(VmfcOutput *output, const gchar *text, gsize length)
{
	gint failure = reserve(output, output->size + (goffset)length);
	return failure == 0 ? write_at(output, output->size, text, length) : failure;
}

/* Replaces the end of the text. A SIGKILL leaves all of the new end or nothing. */
static gint
replace_end(VmfcOutput *output, goffset at, const gchar *text, gsize length)
{
	goffset last = at + (goffset)length - 1;
	gint failure = -1;

	make_room(output, last + 1);
	if (at / (goffset)output->page_size != last / (goffset)output->page_size)
		failure = write_across_pages(output, at, text, length);
	return failure < 0 ? write_at(output, at, text, length) : failure;
}

gboolean
vmfc_output_append(VmfcOutput *output, gsize overwrite, const gchar *text, gsize length,
		   GError **error)
{
	if (output->stream != NULL && overwrite == 0)
		return vmfc_stream_write(output->stream, text, length, error);
	g_return_val_if_fail(output->stream == NULL, FALSE);
	g_return_val_if_fail(overwrite <= output->tail_length && overwrite <= length, FALSE);
	goffset at = output->size - (goffset)overwrite;
	gint failure = overwrite > 0 ? replace_end(output, at, text, length)
				     : add_line(output, text, length);

	if (failure != 0) {
		vmfc_set_file_error(error, "written", output->path, failure);
		return FALSE;
	}
	output->size = at + (goffset)length;
	store_tail(output, text, length);
	return TRUE;
}
