/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NS_PER_US      1000
#define NS_PER_S       1e9
#define PIECE_SIZE     (64 * 1024)
#define MOST_REDIRECTS 5
#define LARGEST_TOKEN  (64 * 1024)
/* OpenMetrics rather than Prometheus' text format: its last line tells that the page is whole. */
#define ACCEPT "application/openmetrics-text;version=1.0.0, text/plain;version=0.0.4;q=0.5"

/* --------------------------------------------------------------- calls */

static gboolean
dispatch_once(GSource *source, GSourceFunc callback, gpointer user_data)
{
	g_source_set_ready_time(source, -1);
	return callback(user_data);
}

static GSourceFuncs call_funcs = {.dispatch = dispatch_once};

/*
 * Calls back in @context once its ready time has come, each time that one is set: from any thread,
 * and nothing is allocated for it.
 */
GSource *
kepler_call_new(GMainContext *context, GSourceFunc callback, gpointer user_data)
{
	GSource *source = g_source_new(&call_funcs, sizeof(GSource));
	g_source_set_callback(source, callback, user_data, NULL);
	g_source_attach(source, context);
	return source;
}

void
kepler_call_free(GSource *call)
{
	g_source_destroy(call);
	g_source_unref(call);
}

/* ------------------------------------------------------------- failing */

/* The request is over. @error: (transfer full) (nullable): why in vain */
static void
finish(KeplerRequest *self, GError *error, gboolean absent)
{
	g_source_set_ready_time(self->timer, -1);
	/* what is not read to its end takes its connection with it */
	if (error != NULL)
		g_cancellable_cancel(self->cancellable);
	g_clear_object(&self->stream);
	g_clear_object(&self->message);
	self->is_under_way = FALSE;
	self->done(error, absent, self->user_data);
}

/* Fails the request with a sentence that begins with the address. */
static void
fail(KeplerRequest *self, gint code, const gchar *format, ...) G_GNUC_PRINTF(3, 4);

static void
fail(KeplerRequest *self, gint code, const gchar *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree gchar *what = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	finish(self, g_error_new(VMFC_ERROR, code, "%s: %s", self->source->shown_url, what), FALSE);
}

/* Whether nobody listens there: to ask again soon would be in vain. */
static gboolean
is_absence(const GError *error)
{
	return error->domain == G_RESOLVER_ERROR ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE) ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE) ||
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND);
}

/* Puts what went wrong on the way into words. @reason: (transfer full): */
static void
fail_with(KeplerRequest *self, GError *reason)
{
	g_autoptr(GError) error = reason;

	/* cancelled from outside is too late as well */
	if (self->timed_out || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		fail(self, VMFC_ERROR_IO, "no whole page within %g s: %s gives it more time",
		     (gdouble)self->source->time_limit / NS_PER_S, self->source->more_time);
		return;
	}
	if (error->domain == G_TLS_ERROR && error->code == G_TLS_ERROR_UNAVAILABLE) {
		fail(self, VMFC_ERROR_UNSUPPORTED, KEPLER_NO_TLS);
		return;
	}
	if (error->domain == G_TLS_ERROR) {
		fail(self, VMFC_ERROR_DENIED,
		     "the certificate is not trusted (%s): name the authority that signed it with "
		     "--set %s.ca_file=FILE",
		     error->message, self->source->plugin);
		return;
	}
	finish(self,
	       g_error_new(VMFC_ERROR, error->domain == VMFC_ERROR ? error->code : VMFC_ERROR_IO,
			   "%s: %s", self->source->shown_url, error->message),
	       is_absence(error));
}

/*
 * What tells that a page is whole. libsoup takes the end of a connection for the end of a page that
 * came in chunks.
 */
static KeplerEnd
get_end(const KeplerRequest *self)
{
	SoupMessageHeaders *headers = soup_message_get_response_headers(self->message);
	const gchar *type = soup_message_headers_get_content_type(headers, NULL);

	if (g_strcmp0(type, "application/openmetrics-text") == 0)
		return KEPLER_END_MARKED;
	return soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CONTENT_LENGTH
		       ? KEPLER_END_TOLD
		       : KEPLER_END_OF_LINE;
}

static void
read_piece(KeplerRequest *self);

static void
piece_read(GObject *stream, GAsyncResult *result, gpointer user_data)
{
	KeplerRequest *self = user_data;
	GError *error = NULL;
	gssize n = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, &error);

	if (n < 0) {
		fail_with(self, error);
		return;
	}
	self->n_bytes += (guint64)n;
	if (self->n_bytes > self->source->size_limit) {
		fail(self, VMFC_ERROR_FORMAT,
		     "the page is larger than %" G_GUINT64_FORMAT
		     " MiB: if it really is Kepler's, raise the limit with --set "
		     "%s.size_limit=MIB",
		     self->source->size_limit >> 20, self->source->plugin);
		return;
	}
	gboolean good = n > 0 ? kepler_text_add(self->text, self->piece, (gsize)n, &error)
			      : kepler_text_end(self->text, get_end(self), &error);
	if (!good) {
		fail_with(self, error);
		return;
	}
	if (n > 0)
		read_piece(self);
	else
		finish(self, NULL, FALSE);
}

static void
read_piece(KeplerRequest *self)
{
	g_input_stream_read_async(self->stream, self->piece, PIECE_SIZE, G_PRIORITY_DEFAULT,
				  self->cancellable, piece_read, self);
}

static void
send_message(KeplerRequest *self, GUri *uri);

/* A token must not leave for another machine, nor out of the cipher. */
static void
follow_redirect(KeplerRequest *self)
{
	GUri *from = soup_message_get_uri(self->message);
	const gchar *location = soup_message_headers_get_one(
		soup_message_get_response_headers(self->message), "Location");
	g_autoptr(GUri) to = location != NULL ? g_uri_parse_relative(from, location,
								     SOUP_HTTP_URI_FLAGS, NULL)
					      : NULL;

	if (to == NULL || g_strcmp0(g_uri_get_host(to), g_uri_get_host(from)) != 0 ||
	    (!g_str_equal(g_uri_get_scheme(to), g_uri_get_scheme(from)) &&
	     !g_str_equal(g_uri_get_scheme(to), "https"))) {
		g_autofree gchar *shown = g_strescape(location != NULL ? location : "", NULL);
		fail(self, VMFC_ERROR_DENIED,
		     "it redirects to '%s', and vmfc does not leave its host: give the right "
		     "address with --kepler-url",
		     shown);
		return;
	}
	if (self->n_redirects++ == MOST_REDIRECTS) {
		fail(self, VMFC_ERROR_IO, "it redirects more than %d times", MOST_REDIRECTS);
		return;
	}
	g_clear_object(&self->message);
	send_message(self, to);
}

static void
response_begun(GObject *session, GAsyncResult *result, gpointer user_data)
{
	KeplerRequest *self = user_data;
	GError *error = NULL;

	self->stream = soup_session_send_finish(SOUP_SESSION(session), result, &error);
	if (self->stream == NULL) {
		fail_with(self, error);
		return;
	}
	SoupStatus status = soup_message_get_status(self->message);
	if (SOUP_STATUS_IS_REDIRECTION(status)) {
		g_clear_object(&self->stream);
		follow_redirect(self);
	} else if (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN) {
		fail(self, VMFC_ERROR_DENIED,
		     "it answers %d: give the file with its bearer token with --set "
		     "%s.token_file=FILE",
		     (gint)status, self->source->plugin);
	} else if (status == SOUP_STATUS_NOT_FOUND) {
		fail(self, VMFC_ERROR_IO,
		     "it answers 404: give the address of Kepler's page with --kepler-url, mostly "
		     "it ends with /metrics");
	} else if (status != SOUP_STATUS_OK) {
		fail(self, VMFC_ERROR_IO, "it answers %d", (gint)status);
	} else {
		read_piece(self);
	}
}

/*
 * @text: (out): of a small file, the caller's after a failure as well; nothing that could be waited
 *   for is read
 */
static gboolean
read_small_file(const gchar *path, gchar **text, GError **error)
{
	gint fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED, "its token %s cannot be read: %s",
			    path, g_strerror(errno));
		if (fd >= 0)
			close(fd);
		return FALSE;
	}
	*text = g_malloc0(LARGEST_TOKEN + 1);
	gssize n = S_ISREG(info.st_mode) ? read(fd, *text, LARGEST_TOKEN) : -1;
	close(fd);
	if (n >= 0 && info.st_size <= LARGEST_TOKEN)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "%s is no small file with a token", path);
	return FALSE;
}

/* Read anew for each request: who gives tokens out also renews them. */
static gboolean
authorize(KeplerRequest *self)
{
	const gchar *path = self->source->token_file;
	GError *error = NULL;

	if (path[0] == '\0')
		return TRUE;
	g_autofree gchar *token = NULL;
	if (!read_small_file(path, &token, &error)) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): g_autofree frees it */
		fail_with(self, error);
		return FALSE;
	}
	g_strstrip(token);
	if (token[0] == '\0' || strpbrk(token, "\r\n") != NULL) {
		fail(self, VMFC_ERROR_FORMAT, "%s holds no bearer token of one line", path);
		return FALSE;
	}
	g_autofree gchar *value = g_strconcat("Bearer ", token, NULL);
	soup_message_headers_replace(soup_message_get_request_headers(self->message),
				     "Authorization", value);
	return TRUE;
}

static void
send_message(KeplerRequest *self, GUri *uri)
{
	self->message = soup_message_new_from_uri(SOUP_METHOD_GET, uri);
	soup_message_set_flags(self->message, SOUP_MESSAGE_NO_REDIRECT);
	soup_message_headers_replace(soup_message_get_request_headers(self->message), "Accept",
				     ACCEPT);
	if (authorize(self))
		soup_session_send_async(self->session, self->message, G_PRIORITY_DEFAULT,
					self->cancellable, response_begun, self);
}

static gboolean
time_is_over(gpointer user_data)
{
	KeplerRequest *self = user_data;

	self->timed_out = TRUE;
	g_cancellable_cancel(self->cancellable);
	return G_SOURCE_CONTINUE;
}

void
kepler_request_init(KeplerRequest *request, const KeplerSource *source, KeplerText *text,
		    KeplerDoneFunc done, gpointer user_data)
{
	*request = (KeplerRequest){
		.source = source,
		.text = text,
		.done = done,
		.user_data = user_data,
		.cancellable = g_cancellable_new(),
		.piece = g_malloc(PIECE_SIZE),
	};
}

/* Requests are sent in the thread's own main context from now on. */
void
kepler_request_open(KeplerRequest *request, SoupSession *session)
{
	request->session = session;
	request->timer = kepler_call_new(g_main_context_get_thread_default(), time_is_over,
					 request);
}

/* No request may be under way. */
void
kepler_request_close(KeplerRequest *request)
{
	g_clear_pointer(&request->timer, kepler_call_free);
	request->session = NULL;
}

void
kepler_request_clear(KeplerRequest *request)
{
	g_object_unref(request->cancellable);
	g_free(request->piece);
}

/* @now: CLOCK_MONOTONIC, ns; the page must have been begun, and @cancellable reset */
void
kepler_request_send(KeplerRequest *request, GUri *uri, gint64 now)
{
	request->timed_out = FALSE;
	request->n_redirects = 0;
	request->n_bytes = 0;
	request->is_under_way = TRUE;
	g_source_set_ready_time(request->timer, (now + request->source->time_limit) / NS_PER_US);
	send_message(request, uri);
}
