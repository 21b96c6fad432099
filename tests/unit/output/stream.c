/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A reader that is slow, stops in the middle of a record, or closes its end. */

#include "output/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "vmfc/vmfc-plugin.h"

/* How often vmfc asks a reader after the run is over, until it gives up. */
#define LAST_LOOKS 21

/* In place of the C library's, see meson.build. */
static struct {
	GString *text;	    /* what the reader has got */
	const gint *course; /* NULL: it takes everything */
	gboolean is_socket;
	guint n_looks;
} reader;

/* Steps of a course: at most so many bytes are taken, or one of these. */
#define NOT_READY   0
#define ALL	    G_MAXINT
#define FAILS(with) (-(with))

#pragma GCC visibility push(default)
int
__wrap_poll(struct pollfd *fds, nfds_t n_fds, int timeout);
ssize_t
__wrap_send(int fd, const void *text, size_t length, int flags);
ssize_t
__wrap_write(int fd, const void *text, size_t length);
#pragma GCC visibility pop

int
__wrap_poll(G_GNUC_UNUSED struct pollfd *fds, G_GNUC_UNUSED nfds_t n_fds, int timeout)
{
	g_assert_cmpint(timeout, ==, 100);
	reader.n_looks++;
	if (reader.course == NULL || *reader.course != NOT_READY)
		return 1;
	reader.course++;
	return 0;
}

static ssize_t
take(const gchar *text, size_t length)
{
	gint step = reader.course != NULL ? *reader.course++ : ALL;

	/* a pipe takes so much without blocking */
	g_assert_cmpuint(length, <=, PIPE_BUF);
	g_assert_cmpint(step, !=, NOT_READY);
	if (step < 0) {
		errno = -step;
		return -1;
	}
	length = MIN(length, (size_t)step);
	g_string_append_len(reader.text, text, (gssize)length);
	return (ssize_t)length;
}

ssize_t
__wrap_send(G_GNUC_UNUSED int fd, const void *text, size_t length, int flags)
{
	g_assert_cmpint(flags, ==, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (reader.is_socket)
		return take(text, length);
	errno = ENOTSOCK;
	return -1;
}

ssize_t
__wrap_write(G_GNUC_UNUSED int fd, const void *text, size_t length)
{
	return take(text, length);
}

typedef struct {
	gint pipe[2];
	VmfcStream *stream;
	guint n_closed;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer is_socket)
{
	g_assert_cmpint(pipe(fixture->pipe), ==, 0);
	g_autofree gchar *path = g_strdup_printf("/dev/fd/%d", fixture->pipe[1]);
	fixture->stream = vmfc_stream_open(path, NULL);
	g_assert_nonnull(fixture->stream);
	reader = (typeof(reader)){.text = g_string_new(NULL), .is_socket = is_socket != NULL};
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_stream_free(fixture->stream);
	close(fixture->pipe[0]);
	close(fixture->pipe[1]);
	g_string_free(reader.text, TRUE);
}

static void
note_closed(gpointer user_data)
{
	((Fixture *)user_data)->n_closed++;
}

/* @course: of the reader; @reason: a part of the error; NULL: the text is accepted */
static void
send_text(Fixture *fixture, const gchar *text, const gint *course, const gchar *reason)
{
	g_autoptr(GError) error = NULL;
	gboolean sent;

	reader.course = course;
	sent = text != NULL ? vmfc_stream_write(fixture->stream, text, strlen(text), &error)
			    : vmfc_stream_finish(fixture->stream, &error);
	g_assert_cmpint(sent, ==, reason == NULL);
	if (reason == NULL)
		return;
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, reason));
}

/* Each byte once and in order, however small the pieces are that the reader takes. */
static void
test_pieces(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gint course[] = {NOT_READY, FAILS(EINTR), 2, FAILS(EAGAIN), NOT_READY, 1, ALL};
	g_autofree gchar *record = g_strnfill(3 * PIPE_BUF + 5, 'x');

	send_text(fixture, "abcdef", course, NULL);
	g_assert_cmpstr(reader.text->str, ==, "abcdef");
	send_text(fixture, record, NULL, NULL);
	g_assert_cmpuint(reader.text->len, ==, 6 + strlen(record));
}

/* A record that was sent in part is completed before the next one. */
static void
test_torn(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gint torn[] = {2, FAILS(EIO)};
	static const gint fails[] = {FAILS(ENOSPC)};

	send_text(fixture, "abcdef", torn, NULL);
	g_assert_cmpstr(reader.text->str, ==, "ab");
	/* the rest is torn again: the next record is lost as a whole */
	send_text(fixture, "lost", torn, "cannot be written: Input/output error");
	g_assert_cmpstr(reader.text->str, ==, "abcd");
	send_text(fixture, "ghi", NULL, NULL);
	g_assert_cmpstr(reader.text->str, ==, "abcdefghi");
	send_text(fixture, "lost", fails, "free some space");
	send_text(fixture, "jkl", NULL, NULL);
	g_assert_cmpstr(reader.text->str, ==, "abcdefghijkl");
	/* what is left at the end is sent then */
	send_text(fixture, "mnop", torn, NULL);
	send_text(fixture, NULL, fails, "free some space");
	send_text(fixture, NULL, NULL, NULL);
	g_assert_cmpstr(reader.text->str, ==, "abcdefghijklmnop");
}

/* The first text waits for the first record, or for the end. */
static void
test_begin(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_stream_begin(fixture->stream, "a,b\n");
	g_assert_cmpuint(reader.n_looks, ==, 0);
	send_text(fixture, "1,2\n", NULL, NULL);
	g_assert_cmpstr(reader.text->str, ==, "a,b\n1,2\n");
	vmfc_stream_begin(fixture->stream, "end\n");
	send_text(fixture, NULL, NULL, NULL);
	g_assert_cmpstr(reader.text->str, ==, "a,b\n1,2\nend\n");
}

/* A reader that closes its end is no error, and gets nothing more. */
static void
test_closed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gint torn[] = {2, FAILS(EIO)};
	const gint course[] = {FAILS(reader.is_socket ? ECONNRESET : EPIPE)};

	vmfc_stream_on_closed(fixture->stream, note_closed, fixture);
	send_text(fixture, "abcdef", torn, NULL);
	g_assert_cmpuint(fixture->n_closed, ==, 0);
	send_text(fixture, "ghi", course, NULL);
	g_assert_cmpuint(fixture->n_closed, ==, 1);
	send_text(fixture, "jkl", NULL, NULL);
	send_text(fixture, NULL, NULL, NULL);
	g_assert_cmpstr(reader.text->str, ==, "ab");
	g_assert_cmpuint(fixture->n_closed, ==, 1);
}

static void
test_closed_at_end(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gint course[] = {FAILS(EPIPE)};

	vmfc_stream_begin(fixture->stream, "a,b\n");
	send_text(fixture, NULL, course, NULL);
	send_text(fixture, NULL, course, NULL);
	g_assert_cmpuint(reader.n_looks, ==, 1);
}

/* While the run goes on, vmfc waits. When it is over, it waits for 2 s since the last piece. */
static void
test_stuck(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gint patient[300] = {NOT_READY};
	gint slow[2 * LAST_LOOKS] = {NOT_READY};
	gint stuck[LAST_LOOKS + 1] = {NOT_READY};

	patient[299] = ALL;
	send_text(fixture, "a", patient, NULL);
	vmfc_stream_limit_wait(fixture->stream);
	slow[LAST_LOOKS - 1] = 1;
	slow[2 * LAST_LOOKS - 1] = ALL;
	send_text(fixture, "bc", slow, NULL);
	stuck[LAST_LOOKS] = ALL;
	reader.n_looks = 0;
	send_text(fixture, "d", stuck, "does not read");
	g_assert_cmpuint(reader.n_looks, ==, LAST_LOOKS);
	/* it is not asked again */
	send_text(fixture, "e", NULL, "does not read");
	g_assert_cmpuint(reader.n_looks, ==, LAST_LOOKS);
	g_assert_cmpstr(reader.text->str, ==, "abc");
	send_text(fixture, NULL, NULL, NULL);
}

/* ------------------------------------------------------------- the path */

static gboolean
can_open(const gchar *path)
{
	g_autoptr(VmfcStream) stream = vmfc_stream_open(path, NULL);
	return stream != NULL;
}

static void
assert_refused(const gchar *path, const gchar *reason)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(vmfc_stream_open(path, &error));
	g_assert_nonnull(strstr(error->message, reason));
}

/* Only a descriptor that vmfc inherited, and that takes text. */
static void
test_descriptors(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *bad = "Bad file descriptor";
	g_autofree gchar *in = g_strdup_printf("/dev/fd/%d", fixture->pipe[0]);
	g_autofree gchar *out = g_strdup_printf("/proc/self/fd/%d", fixture->pipe[1]);

	g_assert_true(vmfc_stream_is_path(out));
	g_assert_true(can_open(out));
	assert_refused(in, bad);
	assert_refused("/dev/fd/99999", bad);
	g_assert_cmpint(fcntl(fixture->pipe[1], F_SETFD, FD_CLOEXEC), ==, 0);
	assert_refused(out, bad);
	g_assert_cmpint(fcntl(fixture->pipe[1], F_SETFD, 0), ==, 0);
	assert_refused("/no/such/folder/pipe", "No such file or directory");
}

static void
test_is_path(void)
{
	static const gchar *const streams[] = {"-",	     "/dev/stdout",	"/dev/stderr",
					       "/dev/fd/77", "/proc/self/fd/0", "/dev/null"};
	static const gchar *const others[] = {"--",
					      "",
					      "/dev/fd/",
					      "/dev/fd/7x",
					      "/tmp",
					      "/proc/self/fd/-1",
					      "/no/such/file",
					      "/etc/passwd"};
	g_autofree gchar *folder = g_dir_make_tmp("vmfc-stream-XXXXXX", NULL);
	g_autofree gchar *fifo = g_build_filename(folder, "fifo", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(streams); i++)
		g_assert_true(vmfc_stream_is_path(streams[i]));
	for (guint i = 0; i < G_N_ELEMENTS(others); i++)
		g_assert_false(vmfc_stream_is_path(others[i]));
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_assert_true(vmfc_stream_is_path(fifo));
	g_assert_false(vmfc_stream_is_stdout(fifo));
	g_unlink(fifo);
	g_rmdir(folder);
	g_assert_true(vmfc_stream_is_stdout("-"));
	g_assert_true(vmfc_stream_is_stdout("/proc/self/fd/1"));
	g_assert_false(vmfc_stream_is_stdout("/no/such/file"));
}

/* A user who has typed "-" reads of standard output. */
static void
test_name(void)
{
	static const gint fails[] = {FAILS(EIO)};
	g_autoptr(VmfcStream) stream = vmfc_stream_open("-", NULL);
	g_autoptr(GError) error = NULL;

	reader = (typeof(reader)){.course = fails};
	g_assert_false(vmfc_stream_write(stream, "a", 1, &error));
	g_assert_true(g_str_has_prefix(error->message, "standard output cannot be written: "));
}

/* Standard output and standard error are each the one of their name. */
static void
test_standard(void)
{
	static const struct {
		const gchar *path;
		gint number;
	} cases[] = {{"-", 1}, {"/dev/stdout", 1}, {"/dev/stderr", 2}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint flags = fcntl(cases[i].number, F_GETFD);
		/* as one that a program does not inherit */
		g_assert_cmpint(fcntl(cases[i].number, F_SETFD, flags | FD_CLOEXEC), ==, 0);
		gboolean refused = !can_open(cases[i].path);
		g_assert_cmpint(fcntl(cases[i].number, F_SETFD, flags), ==, 0);
		g_assert_true(refused);
		g_assert_true(can_open(cases[i].path));
	}
}

#define ADD(path, data, func) g_test_add("/stream/" path, Fixture, data, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("pieces", NULL, test_pieces);
	ADD("pieces/socket", "socket", test_pieces);
	ADD("torn", NULL, test_torn);
	ADD("begin", NULL, test_begin);
	ADD("closed", NULL, test_closed);
	ADD("closed/socket", "socket", test_closed);
	ADD("closed/at-end", NULL, test_closed_at_end);
	ADD("stuck", NULL, test_stuck);
	ADD("descriptors", NULL, test_descriptors);
	g_test_add_func("/stream/is-path", test_is_path);
	g_test_add_func("/stream/name", test_name);
	g_test_add_func("/stream/standard", test_standard);
	return g_test_run();
}
