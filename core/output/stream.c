/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* How often a writer that waits for its reader checks whether the run is over, in ms. */
#define LOOK_PERIOD_MS 100
/* How long vmfc waits for a reader after the run is over, in ms. */
#define LAST_WAIT_MS 2000

struct _VmfcStream {
	gint fd;
	gchar *path;
	GString *rest;	    /* the rest of a record that was written in part, or the first text */
	gboolean is_closed; /* the reader has closed its end */
	gboolean is_stuck;  /* the run is over, and the reader did not read in time */
	gint is_hurried;    /* atomic: the run is over */
	guint waited;	    /* ms since the run is over and the reader has last read */
	VmfcStreamClosedFunc closed;
	gpointer user_data;
};

/* Returns: the inherited file descriptor that the path names; -1: none */
static gint
find_open_file(const gchar *path)
{
	static const gchar *const names[] = {"-", "/dev/stdout", "/dev/stderr"};
	static const gint numbers[] = {STDOUT_FILENO, STDOUT_FILENO, STDERR_FILENO};
	static const gchar *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
	guint64 number;

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_equal(path, names[i]))
			return numbers[i];
	}
	for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
		if (g_str_has_prefix(path, folders[i]) &&
		    g_ascii_string_to_unsigned(path + strlen(folders[i]), 10, 0, G_MAXINT, &number,
					       NULL))
			return (gint)number;
	}
	return -1;
}

/* Returns: whether text that is written to @path goes to a reader at once, and not into a file */
gboolean
vmfc_stream_is_path(const gchar *path)
{
	struct stat info;

	if (find_open_file(path) >= 0)
		return TRUE;
	return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

/* Returns: whether @path is standard output, which also gets the summary */
gboolean
vmfc_stream_is_stdout(const gchar *path)
{
	struct stat ours, other;

	if (g_str_equal(path, "-"))
		return TRUE;
	return fstat(STDOUT_FILENO, &ours) == 0 && stat(path, &other) == 0 &&
	       ours.st_dev == other.st_dev && ours.st_ino == other.st_ino;
}

/*
 * Duplicates the descriptor. To open the file again would overwrite a file that the shell opened to
 * append, and does not work with a socket. Descriptors that vmfc itself opened are closed on exec.
 *
 * Returns: a file descriptor, or -1 with errno set
 */
static gint
duplicate(gint number)
{
	gint flags = fcntl(number, F_GETFD);
	gint mode = fcntl(number, F_GETFL);

	if (flags >= 0 && mode >= 0 && (flags & FD_CLOEXEC) == 0 && (mode & O_ACCMODE) != O_RDONLY)
		return fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	errno = EBADF;
	return -1;
}

/*
 * Waits for a reader if @path is a FIFO that has none.
 *
 * Returns: (transfer full): %NULL with @error set
 */
VmfcStream *
vmfc_stream_open(const gchar *path, GError **error)
{
	gint number = find_open_file(path);
	gint fd = number >= 0 ? duplicate(number)
			      : open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 && errno == ENXIO) {
		g_message("%s is a FIFO without a reader: vmfc waits for one", path);
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	}
	if (fd < 0) {
		vmfc_set_file_error(error, "opened", path, errno);
		return NULL;
	}
	VmfcStream *stream = g_new0(VmfcStream, 1);
	stream->fd = fd;
	stream->rest = g_string_new(NULL);
	stream->path = g_strdup(g_str_equal(path, "-") ? "standard output" : path);
	return stream;
}

void
vmfc_stream_free(VmfcStream *stream)
{
	close(stream->fd);
	g_string_free(stream->rest, TRUE);
	g_free(stream->path);
	g_free(stream);
}

void
vmfc_stream_on_closed(VmfcStream *stream, VmfcStreamClosedFunc closed, gpointer user_data)
{
	stream->closed = closed;
	stream->user_data = user_data;
}

/* Call this when the run is over: vmfc no longer waits for a reader that does not read. */
void
vmfc_stream_limit_wait(VmfcStream *stream)
{
	g_atomic_int_set(&stream->is_hurried, TRUE);
}

/*
 * Writes at most PIPE_BUF bytes: a pipe accepts so much without blocking when poll(2) reports that
 * it is writable, see pipe(7). Another program that shares the pipe may need it to be blocking.
 */
static gssize
write_some(const VmfcStream *stream, const gchar *text, gsize length)
{
	gsize most = MIN(length, PIPE_BUF);
	gssize n = send(stream->fd, text, most, MSG_DONTWAIT | MSG_NOSIGNAL);

	return n < 0 && errno == ENOTSOCK ? write(stream->fd, text, most) : n;
}

/* Returns: 0 when the reader accepts data, or an errno */
static gint
wait_for_reader(VmfcStream *stream)
{
	struct pollfd out = {stream->fd, POLLOUT, 0};

	while (!stream->is_stuck && poll(&out, 1, LOOK_PERIOD_MS) <= 0) {
		if (g_atomic_int_get(&stream->is_hurried))
			stream->waited += LOOK_PERIOD_MS;
		stream->is_stuck = stream->waited > LAST_WAIT_MS;
	}
	return stream->is_stuck ? ETIMEDOUT : 0;
}

/* @done: (out): number of written bytes. Returns: 0, or an errno */
static gint
write_all(VmfcStream *stream, const gchar *text, gsize length, gsize *done)
{
	gint failure = 0;

	*done = 0;
	while (*done < length && failure == 0) {
		failure = wait_for_reader(stream);
		gssize n = failure == 0 ? write_some(stream, text + *done, length - *done) : 0;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			failure = errno;
		if (n > 0) {
			stream->waited = 0;
			*done += (gsize)n;
		}
	}
	return failure;
}

static gboolean
set_error(VmfcStream *stream, gint failure, GError **error)
{
	if (failure != ETIMEDOUT)
		vmfc_set_file_error(error, "written", stream->path, failure);
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the reader of %s does not read",
			    stream->path);
	return FALSE;
}

/* Writes the rest of a record that was written in part. Returns: 0, or an errno */
static gint
write_rest(VmfcStream *stream)
{
	gsize done;
	gint failure = write_all(stream, stream->rest->str, stream->rest->len, &done);

	g_string_erase(stream->rest, 0, (gssize)done);
	return failure;
}

static gboolean
note_closed(VmfcStream *stream, gint failure)
{
	if (failure != EPIPE && failure != ECONNRESET)
		return FALSE;
	stream->is_closed = TRUE;
	g_string_truncate(stream->rest, 0);
	if (stream->closed != NULL)
		stream->closed(stream->user_data);
	return TRUE;
}

/*
 * Writes all of @text or nothing: if only a part was written, the rest goes before the next text.
 * Waits for the reader; if it has closed its end, that is not an error.
 */
gboolean
vmfc_stream_write(VmfcStream *stream, const gchar *text, gsize length, GError **error)
{
	gsize done;

	if (stream->is_closed)
		return TRUE;
	gint failure = write_rest(stream);
	if (failure == 0) {
		failure = write_all(stream, text, length, &done);
		if (failure != 0 && done > 0) {
			g_string_append_len(stream->rest, text + done, (gssize)(length - done));
			failure = 0;
		}
	}
	return failure == 0 || note_closed(stream, failure) || set_error(stream, failure, error);
}

/*
 * Writes @text before the first record, because the reader may not read yet, and vmfc does not wait
 * for it at the start.
 */
void
vmfc_stream_begin(VmfcStream *stream, const gchar *text)
{
	g_string_append(stream->rest, text);
}

/* Returns: whether all accepted text has been written */
gboolean
vmfc_stream_finish(VmfcStream *stream, GError **error)
{
	gint failure = stream->is_closed ? 0 : write_rest(stream);
	return failure == 0 || note_closed(stream, failure) || set_error(stream, failure, error);
}
