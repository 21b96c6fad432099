/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/buffered-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define INITIAL_SIZE (512 * 1024)
/* The longest row, and room for more to read. */
#define MAX_SIZE (VMFC_MAX_ROW_SIZE + INITIAL_SIZE)

static gboolean
set_read_error(GError **error, const gchar *path, gint failure)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s cannot be read: %s", path,
		    g_strerror(failure));
	return FALSE;
}

static VmfcBufferedFile *
source_new(const gchar *path, gint fd, gsize size)
{
	VmfcBufferedFile *source = g_new0(VmfcBufferedFile, 1);

	source->path = g_strdup(path);
	source->fd = fd;
	source->size = size;
	source->buffer = g_malloc(source->size);
	source->buffer[0] = '\0';
	return source;
}

VmfcBufferedFile *
vmfc_buffered_file_open(const gchar *path, GError **error)
{
	gint fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0) {
		set_read_error(error, path, errno);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (S_ISDIR(info.st_mode)) {
		close(fd);
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s is a folder: give one of the files in it", path);
		return NULL;
	}
	if (!S_ISREG(info.st_mode)) {
		close(fd);
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s is not an ordinary file, but vmfc must read it more than once: "
			    "write its contents to a file first",
			    path);
		return NULL;
	}
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return source_new(path, fd, INITIAL_SIZE);
}

/*
 * A source for a text without a file, for tests.
 *
 * @size: initial size of the buffer, at least 2, which is how much is read at a time
 */
VmfcBufferedFile *
vmfc_buffered_file_new_for_text(const gchar *text, gsize length, gsize size)
{
	gint fd = memfd_create("vmfc-source", MFD_CLOEXEC);

	g_return_val_if_fail(fd >= 0, NULL);
	if (write(fd, text, length) != (gssize)length || lseek(fd, 0, SEEK_SET) != 0) {
		close(fd);
		g_return_val_if_reached(NULL);
	}
	return source_new("(text)", fd, size);
}

/*
 * Wraps a text in memory as a file that has been read to its end. It has no path and must not be
 * filled, sought or freed. The caller owns the text.
 *
 * @text: with a NUL after @length bytes
 */
VmfcBufferedFile
vmfc_buffered_file_wrap(gchar *text, gsize length)
{
	return (VmfcBufferedFile){
		.fd = -1, .buffer = text, .size = length + 1, .end = length, .is_at_end = TRUE};
}

void
vmfc_buffered_file_free(VmfcBufferedFile *source)
{
	close(source->fd);
	g_free(source->path);
	g_free(source->buffer);
	g_free(source);
}

/* Returns: the offset in the file where the unused text begins */
goffset
vmfc_buffered_file_tell(const VmfcBufferedFile *source)
{
	return lseek(source->fd, 0, SEEK_CUR) - (goffset)(source->end - source->start);
}

/* Returns: the offset in the file of a place in the buffer */
goffset
vmfc_buffered_file_find_offset(const VmfcBufferedFile *source, const gchar *at)
{
	return vmfc_buffered_file_tell(source) + (at - (source->buffer + source->start));
}

/* Returns: the line number, from 1, of a place in the buffer. Reads the file up to it. */
guint64
vmfc_buffered_file_find_line(const VmfcBufferedFile *source, const gchar *at)
{
	goffset end = vmfc_buffered_file_find_offset(source, at);
	guint64 line = 1;
	gchar buffer[8192];

	for (goffset done = 0; done < end;) {
		gssize n = pread(source->fd, buffer, MIN(sizeof buffer, (gsize)(end - done)), done);
		if (n <= 0)
			break;
		for (gssize i = 0; i < n; i++)
			line += buffer[i] == '\n';
		done += n;
	}
	return line;
}

/* Frees the buffer until the next vmfc_buffered_file_seek(). */
void
vmfc_buffered_file_release(VmfcBufferedFile *source)
{
	g_clear_pointer(&source->buffer, g_free);
	source->start = 0;
	source->end = 0;
}

gboolean
vmfc_buffered_file_seek(VmfcBufferedFile *source, goffset at, GError **error)
{
	if (lseek(source->fd, at, SEEK_SET) != at)
		return set_read_error(error, source->path, errno);
	if (source->buffer == NULL)
		source->buffer = g_malloc(source->size);
	source->start = 0;
	source->end = 0;
	source->buffer[0] = '\0';
	source->is_at_end = FALSE;
	return TRUE;
}

/*
 * Reads more. Moves the unused text to the front, so pointers into the buffer become invalid. Sets
 * @source->is_at_end at the end of the file.
 *
 * Returns: %FALSE with @error set if the unused text is longer than a row may be, or reading fails
 */
gboolean
vmfc_buffered_file_fill(VmfcBufferedFile *source, GError **error)
{
	gsize kept = source->end - source->start;
	gssize n;

	if (kept > 0 && source->start > 0)
		memmove(source->buffer, source->buffer + source->start, kept);
	source->start = 0;
	source->end = kept;
	if (kept >= VMFC_MAX_ROW_SIZE) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s has a row of more than %d MiB, so it is not a file of features or "
			    "power: give one of those",
			    source->path, VMFC_MAX_ROW_SIZE / (1024 * 1024));
		return FALSE;
	}
	if (kept + 1 > source->size / 2) {
		source->size = MIN(source->size * 2, MAX(source->size, MAX_SIZE));
		source->buffer = g_realloc(source->buffer, source->size);
	}
	do {
		n = read(source->fd, source->buffer + kept, source->size - kept - 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return set_read_error(error, source->path, errno);
	source->end += (gsize)n;
	source->buffer[source->end] = '\0';
	source->is_at_end = n == 0;
	return TRUE;
}

/* Skips the byte order mark that some editors put before UTF-8. @source: at its beginning */
void
vmfc_buffered_file_skip_mark(VmfcBufferedFile *source)
{
	static const gchar mark[] = "\xef\xbb\xbf";
	gsize length = strlen(mark);

	if (source->end - source->start >= length &&
	    memcmp(source->buffer + source->start, mark, length) == 0)
		source->start += length;
}
