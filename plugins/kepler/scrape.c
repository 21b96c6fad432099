/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "scrape.h"

#include <errno.h>
#include <libsoup/soup.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "page.h"

#define NS_PER_US      1000
#define NS_PER_S       1e9
#define PIECE_SIZE     (64 * 1024)
#define MOST_REDIRECTS 5
/* How old the first page can be: twice the time that Kepler waits by default before it looks anew.
 */
#define FIRST_PAGE_AGE (10 * (gint64)NS_PER_S)
#define LARGEST_TOKEN  (64 * 1024)
/* Prometheus' text format is the cheaper one to write; the other is understood as well. */
#define ACCEPT "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5"

typedef enum {
	IDLE,
	ASKED,	  /* the scraper's thread has a request, or will see it soon */
	ANSWERED, /* the main thread will see the answer soon */
} State;

struct _KeplerScraper {
	KeplerSource *source;
	GUri *uri;
	GTlsDatabase *authorities; /* NULL: the system's */
	KeplerAnsweredFunc answered;
	gpointer user_data;
	GThread *thread;
	GMainContext *context; /* of the thread */
	/* each wakes one side up without allocating anything */
	GSource *ask_source;
	GSource *answer_source;
	GMainLoop *loop;

	/* guards the next ones; of pthread, so that the thread sanitizer can see it */
	pthread_mutex_t lock;
	State state;
	gboolean taken; /* the last answer went into a record */
	gboolean stopping;
	KeplerAnswer answer;

	/* of the scraper's thread */
	SoupSession *session;
	KeplerSeries series;
	KeplerPage page;
	gint64 last_sent; /* of the last page that was taken */
	gint64 last_look; /* what that page shows is not older than this */

	/* the request that is under way, or was the last */
	gint64 sent;
	gboolean changed; /* its page differs from the last that was taken */
	SoupMessage *message;
	GInputStream *stream;
	GCancellable *cancellable;
	GSource *timer;
	gboolean timed_out;
	gboolean absent;
	guint n_redirects;
	guint64 n_bytes;
	gchar *piece;
};

void
kepler_source_free(KeplerSource *source)
{
	g_free(source->url);
	g_free(source->token_file);
	g_free(source->ca_file);
	g_free(source);
}

static gint64
read_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (gint64)now.tv_sec * (gint64)NS_PER_S + now.tv_nsec;
}

/* ------------------------------------------ on the scraper's own thread */

/* A source that does nothing but call back when its ready time has come. */
static gboolean
dispatch_once(GSource *source, GSourceFunc callback, gpointer user_data)
{
	g_source_set_ready_time(source, -1);
	return callback(user_data);
}

static GSourceFuncs call_funcs = {.dispatch = dispatch_once};

static GSource *
attach_call(GMainContext *context, GSourceFunc callback, gpointer user_data)
{
	GSource *source = g_source_new(&call_funcs, sizeof(GSource));
	g_source_set_callback(source, callback, user_data, NULL);
	g_source_attach(source, context);
	return source;
}

/* The request is over; the main thread is told. @error: (transfer full) (nullable): why in vain */
static void
finish(KeplerScraper *self, GError *error)
{
	KeplerAnswer answer = {
		.error = error,
		.absent = self->absent,
		.total = self->series.total,
		.growth = self->series.growth,
		.duration = (gdouble)(read_clock() - self->sent) / NS_PER_S,
		.sent = self->sent,
		.name = kepler_page_get_name(&self->page),
	};

	if (error == NULL && self->series.any_before) {
		answer.span = (gdouble)(self->sent - self->last_sent) / NS_PER_S;
		answer.changed = kepler_series_has_changed(&self->series);
	}
	self->changed = answer.changed;
	g_source_set_ready_time(self->timer, -1);
	/* what is not read to its end takes its connection with it */
	if (error != NULL)
		g_cancellable_cancel(self->cancellable);
	g_clear_object(&self->stream);
	g_clear_object(&self->message);
	g_clear_object(&self->cancellable);

	pthread_mutex_lock(&self->lock);
	answer.tick = self->answer.tick;
	self->answer = answer;
	self->state = ANSWERED;
	pthread_mutex_unlock(&self->lock);
	g_source_set_ready_time(self->answer_source, 0);
}

/* Fails the request with a sentence that begins with the address. */
static void
fail(KeplerScraper *self, gint code, const gchar *format, ...) G_GNUC_PRINTF(3, 4);

static void
fail(KeplerScraper *self, gint code, const gchar *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree gchar *what = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	finish(self, g_error_new(VMFC_ERROR, code, "%s: %s", self->source->url, what));
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
fail_with(KeplerScraper *self, GError *reason)
{
	g_autoptr(GError) error = reason;

	if (self->timed_out) {
		fail(self, VMFC_ERROR_IO, "no whole page within %g s",
		     (gdouble)self->source->time_limit / NS_PER_S);
		return;
	}
	if (error->domain == G_TLS_ERROR && error->code == G_TLS_ERROR_UNAVAILABLE) {
		fail(self, VMFC_ERROR_UNSUPPORTED,
		     "https is not to be had here: install the package glib-networking");
		return;
	}
	if (error->domain == G_TLS_ERROR) {
		fail(self, VMFC_ERROR_DENIED,
		     "the certificate is not trusted (%s): name the authority that signed it with "
		     "--set kepler.ca_file=FILE",
		     error->message);
		return;
	}
	self->absent = is_absence(error);
	fail(self, VMFC_ERROR_IO, "%s", error->message);
}

static void
read_piece(KeplerScraper *self);

static void
piece_read(GObject *stream, GAsyncResult *result, gpointer user_data)
{
	KeplerScraper *self = user_data;
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
		     "kepler.size_limit=MIB",
		     self->source->size_limit >> 20);
		return;
	}
	gboolean good = n > 0 ? kepler_page_add(&self->page, self->piece, (gsize)n, &error)
			      : kepler_page_end(&self->page, &error);
	if (!good) {
		fail_with(self, error);
		return;
	}
	if (n > 0)
		read_piece(self);
	else
		finish(self, NULL);
}

static void
read_piece(KeplerScraper *self)
{
	g_input_stream_read_async(self->stream, self->piece, PIECE_SIZE, G_PRIORITY_DEFAULT,
				  self->cancellable, piece_read, self);
}

static void
send_request(KeplerScraper *self, GUri *uri);

/* A token must not leave for another machine, nor out of the cipher. */
static void
follow_redirect(KeplerScraper *self)
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
	send_request(self, to);
}

static void
response_begun(GObject *session, GAsyncResult *result, gpointer user_data)
{
	KeplerScraper *self = user_data;
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
		     "kepler.token_file=FILE",
		     (gint)status);
	} else if (status != SOUP_STATUS_OK) {
		fail(self, VMFC_ERROR_IO, "it answers %d", (gint)status);
	} else {
		read_piece(self);
	}
}

/* Read anew for each request: who gives tokens out also renews them. */
static gboolean
authorize(KeplerScraper *self)
{
	g_autofree gchar *token = NULL;
	g_autoptr(GError) error = NULL;
	gsize length;

	if (self->source->token_file[0] == '\0')
		return TRUE;
	if (!g_file_get_contents(self->source->token_file, &token, &length, &error)) {
		fail(self, VMFC_ERROR_DENIED, "its token cannot be read: %s", error->message);
		return FALSE;
	}
	g_strstrip(token);
	if (length > LARGEST_TOKEN || token[0] == '\0' || strpbrk(token, "\r\n") != NULL) {
		fail(self, VMFC_ERROR_FORMAT, "%s holds no bearer token of one line",
		     self->source->token_file);
		return FALSE;
	}
	g_autofree gchar *value = g_strconcat("Bearer ", token, NULL);
	soup_message_headers_replace(soup_message_get_request_headers(self->message),
				     "Authorization", value);
	return TRUE;
}

static void
send_request(KeplerScraper *self, GUri *uri)
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
	KeplerScraper *self = user_data;

	self->timed_out = TRUE;
	g_cancellable_cancel(self->cancellable);
	return G_SOURCE_CONTINUE;
}

/*
 * Whether the last answer was of use is known only now.
 *
 * Returns: the most that a process can have used which the last page did not show, in CPU seconds:
 *   all that the CPUs can have given since Kepler looked for it
 */
static gdouble
settle_last(KeplerScraper *self, gboolean taken, gint64 now)
{
	if (taken && !self->series.any_before)
		self->last_look = self->sent - FIRST_PAGE_AGE;
	else if (taken && self->changed)
		self->last_look = self->last_sent;
	if (taken) {
		self->last_sent = self->sent;
		kepler_series_take(&self->series);
	}
	return (gdouble)(now - self->last_look) / NS_PER_S * (gdouble)sysconf(_SC_NPROCESSORS_CONF);
}

static gboolean
asked(gpointer user_data)
{
	KeplerScraper *self = user_data;
	gint64 now = read_clock();

	pthread_mutex_lock(&self->lock);
	gboolean stopping = self->stopping;
	gboolean taken = self->taken;
	self->taken = FALSE;
	pthread_mutex_unlock(&self->lock);
	if (stopping) {
		if (self->cancellable != NULL)
			g_cancellable_cancel(self->cancellable);
		g_main_loop_quit(self->loop);
		return G_SOURCE_CONTINUE;
	}
	kepler_page_begin(&self->page, settle_last(self, taken, now));
	self->sent = now;
	self->timed_out = FALSE;
	self->absent = FALSE;
	self->n_redirects = 0;
	self->n_bytes = 0;
	self->cancellable = g_cancellable_new();
	g_source_set_ready_time(self->timer, (now + self->source->time_limit) / NS_PER_US);
	send_request(self, self->uri);
	return G_SOURCE_CONTINUE;
}

/* No proxy, no cookies, one connection: it is an exporter in this machine that is asked. */
static SoupSession *
open_session(GTlsDatabase *authorities)
{
	SoupSession *session = soup_session_new_with_options(
		"max-conns", 1, "max-conns-per-host", 1, "user-agent", "vmfc/" VMFC_VERSION, NULL);
	soup_session_set_proxy_resolver(session, NULL);
	if (authorities != NULL)
		soup_session_set_tls_database(session, authorities);
	return session;
}

static gpointer
scraper_main(gpointer user_data)
{
	KeplerScraper *self = user_data;

	g_main_context_push_thread_default(self->context);
	self->session = open_session(self->authorities);
	g_main_loop_run(self->loop);
	/* a request that is under way was cancelled and comes to its end */
	while (self->cancellable != NULL)
		g_main_context_iteration(self->context, TRUE);
	soup_session_abort(self->session);
	g_clear_object(&self->session);
	while (g_main_context_iteration(self->context, FALSE))
		;
	g_main_context_pop_thread_default(self->context);
	return NULL;
}

/* ---------------------------------------------------- on the main thread */

static gboolean
answer_is_there(gpointer user_data)
{
	KeplerScraper *self = user_data;
	self->answered(self->user_data);
	return G_SOURCE_CONTINUE;
}

/* So that a wrong name is told before anything is written. */
static gboolean
check_files(const KeplerSource *source, GTlsDatabase **authorities, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (source->token_file[0] != '\0' && access(source->token_file, R_OK) < 0) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option kepler.token_file: %s cannot be read: %s", source->token_file,
			    g_strerror(errno));
		return FALSE;
	}
	if (source->ca_file[0] == '\0')
		return TRUE;
	*authorities = g_tls_file_database_new(source->ca_file, &reason);
	if (*authorities != NULL)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "option kepler.ca_file: %s",
		    reason->message);
	return FALSE;
}

/*
 * @source: (transfer full):
 * @answered: called after each kepler_scraper_ask() that returned %TRUE
 *
 * Returns: (transfer full): %NULL with @error set when @source makes no sense
 */
KeplerScraper *
kepler_scraper_new(KeplerSource *source, KeplerAnsweredFunc answered, gpointer user_data,
		   GError **error)
{
	g_autoptr(KeplerSource) mine = source;
	g_autoptr(GUri) uri = g_uri_parse(source->url, SOUP_HTTP_URI_FLAGS, NULL);
	g_autoptr(GTlsDatabase) authorities = NULL;

	if (uri == NULL || g_strcmp0(g_uri_get_host(uri), "") <= 0 ||
	    (!g_str_equal(g_uri_get_scheme(uri), "http") &&
	     !g_str_equal(g_uri_get_scheme(uri), "https"))) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--kepler-url is '%s', but must be an address such as "
			    "http://localhost:28282/metrics",
			    source->url);
		return NULL;
	}
	if (!check_files(source, &authorities, error))
		return NULL;
	KeplerScraper *self = g_new0(KeplerScraper, 1);
	self->source = g_steal_pointer(&mine);
	self->uri = g_steal_pointer(&uri);
	self->authorities = g_steal_pointer(&authorities);
	self->answered = answered;
	self->user_data = user_data;
	self->piece = g_malloc(PIECE_SIZE);
	kepler_page_init(&self->page, &self->series);
	pthread_mutex_init(&self->lock, NULL);
	self->context = g_main_context_new();
	self->loop = g_main_loop_new(self->context, FALSE);
	self->ask_source = attach_call(self->context, asked, self);
	self->timer = attach_call(self->context, time_is_over, self);
	self->answer_source = attach_call(NULL, answer_is_there, self);
	return self;
}

gboolean
kepler_scraper_start(KeplerScraper *self, GError **error)
{
	self->thread = g_thread_try_new("vmfc-kepler", scraper_main, self, error);
	return self->thread != NULL;
}

static void
destroy_source(GSource *source)
{
	g_source_destroy(source);
	g_source_unref(source);
}

/* Ends a request that is under way, and the thread. */
void
kepler_scraper_free(KeplerScraper *self)
{
	pthread_mutex_lock(&self->lock);
	self->stopping = TRUE;
	pthread_mutex_unlock(&self->lock);
	g_source_set_ready_time(self->ask_source, 0);
	if (self->thread != NULL)
		g_thread_join(self->thread);
	destroy_source(self->ask_source);
	destroy_source(self->timer);
	destroy_source(self->answer_source);
	g_main_loop_unref(self->loop);
	g_main_context_unref(self->context);
	g_clear_error(&self->answer.error);
	pthread_mutex_destroy(&self->lock);
	kepler_page_clear(&self->page);
	kepler_series_clear(&self->series);
	g_uri_unref(self->uri);
	g_clear_object(&self->authorities);
	kepler_source_free(self->source);
	g_free(self->piece);
	g_free(self);
}

/* Has the page fetched. Returns: %FALSE while the request before is not over */
gboolean
kepler_scraper_ask(KeplerScraper *self, guint64 tick)
{
	pthread_mutex_lock(&self->lock);
	gboolean idle = self->state == IDLE;
	if (idle) {
		self->state = ASKED;
		self->answer.tick = tick;
	}
	pthread_mutex_unlock(&self->lock);
	if (idle)
		g_source_set_ready_time(self->ask_source, 0);
	return idle;
}

/* @answer: (out): its error becomes the caller's */
void
kepler_scraper_steal_answer(KeplerScraper *self, KeplerAnswer *answer)
{
	pthread_mutex_lock(&self->lock);
	*answer = self->answer;
	self->answer = (KeplerAnswer){0};
	self->state = IDLE;
	pthread_mutex_unlock(&self->lock);
}

/* The answer has become part of a record: the next one's growth counts from it. */
void
kepler_scraper_take(KeplerScraper *self)
{
	pthread_mutex_lock(&self->lock);
	self->taken = TRUE;
	pthread_mutex_unlock(&self->lock);
}
