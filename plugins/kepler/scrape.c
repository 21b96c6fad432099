/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "scrape.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1e9
/* Seconds that the thread has to end by itself. */
#define PATIENCE 1

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
	GMainLoop *loop;
	/* each calls the other side */
	GSource *ask_call;
	GSource *cancel_call;
	GSource *answer_call;
	guint n_cancels; /* of the request that was asked for last */

	/* guards the next ones; of pthread, so that the thread sanitizer can see it */
	pthread_mutex_t lock;
	pthread_cond_t over; /* the thread comes to its end */
	gboolean is_over;
	State state;
	gboolean taken; /* the last answer went into a record */
	gboolean stopping;
	KeplerAnswer answer;

	/* of the scraper's thread */
	KeplerReader reader;
	KeplerRequest request;
	gint64 sent; /* the page that is under way, or was the last */
};

void
kepler_source_free(KeplerSource *source)
{
	g_free(source->url);
	g_free(source->shown_url);
	g_free(source->token_file);
	g_free(source->ca_file);
	g_free(source->more_time);
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

/* The main thread is told what came of a request. */
static void
request_done(GError *error, gboolean absent, gpointer user_data)
{
	KeplerScraper *self = user_data;
	KeplerAnswer answer = {
		.error = error,
		.absent = absent,
		.duration = (gdouble)(read_clock() - self->sent) / NS_PER_S,
		.sent = self->sent,
	};

	self->reader.end(self->reader.user_data, error == NULL);
	pthread_mutex_lock(&self->lock);
	answer.tick = self->answer.tick;
	self->answer = answer;
	self->state = ANSWERED;
	pthread_mutex_unlock(&self->lock);
	g_source_set_ready_time(self->answer_call, 0);
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
	/* with the lock held, so that whoever cancels from outside is not missed */
	if (!stopping)
		g_cancellable_reset(self->request.cancellable);
	pthread_mutex_unlock(&self->lock);
	if (stopping)
		return G_SOURCE_CONTINUE;
	self->reader.begin(self->reader.user_data, taken, now);
	self->sent = now;
	kepler_request_send(&self->request, self->uri, now);
	return G_SOURCE_CONTINUE;
}

static gboolean
cancelled(gpointer user_data)
{
	KeplerScraper *self = user_data;

	pthread_mutex_lock(&self->lock);
	gboolean stopping = self->stopping;
	pthread_mutex_unlock(&self->lock);
	g_cancellable_cancel(self->request.cancellable);
	if (stopping)
		g_main_loop_quit(self->loop);
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
	g_autoptr(SoupSession) session = open_session(self->authorities);
	kepler_request_open(&self->request, session);
	g_main_loop_run(self->loop);
	/* a request that is under way was cancelled and comes to its end */
	while (self->request.is_under_way)
		g_main_context_iteration(self->context, TRUE);
	kepler_request_close(&self->request);
	soup_session_abort(session);
	g_clear_object(&session);
	while (g_main_context_iteration(self->context, FALSE))
		;
	g_main_context_pop_thread_default(self->context);
	pthread_mutex_lock(&self->lock);
	self->is_over = TRUE;
	pthread_cond_signal(&self->over);
	pthread_mutex_unlock(&self->lock);
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
			    "option %s.token_file: %s cannot be read: %s", source->plugin,
			    source->token_file, g_strerror(errno));
		return FALSE;
	}
	if (source->ca_file[0] == '\0')
		return TRUE;
	g_autofree gchar *path = g_canonicalize_filename(source->ca_file, NULL);
	*authorities = g_tls_file_database_new(path, &reason);
	if (*authorities != NULL)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "option %s.ca_file: %s", source->plugin,
		    g_error_matches(reason, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE)
			    ? KEPLER_NO_TLS
			    : reason->message);
	return FALSE;
}

static void
init_lock(KeplerScraper *self)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&self->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&self->over, &attributes);
	pthread_condattr_destroy(&attributes);
}

/*
 * @source: (transfer full):
 * @reader: copied; what it points to must outlive the scraper
 * @answered: called after each kepler_scraper_ask() that returned %TRUE
 *
 * Returns: (transfer full): %NULL with @error set when @source makes no sense
 */
KeplerScraper *
kepler_scraper_new(KeplerSource *source, const KeplerReader *reader, KeplerAnsweredFunc answered,
		   gpointer user_data, GError **error)
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
	self->source->shown_url = g_uri_to_string_partial(uri, G_URI_HIDE_PASSWORD);
	self->uri = g_steal_pointer(&uri);
	self->authorities = g_steal_pointer(&authorities);
	self->answered = answered;
	self->user_data = user_data;
	self->reader = *reader;
	kepler_request_init(&self->request, self->source, reader->text, request_done, self);
	init_lock(self);
	self->context = g_main_context_new();
	self->loop = g_main_loop_new(self->context, FALSE);
	self->ask_call = kepler_call_new(self->context, asked, self);
	self->cancel_call = kepler_call_new(self->context, cancelled, self);
	g_source_set_priority(self->cancel_call, G_PRIORITY_HIGH);
	self->answer_call = kepler_call_new(NULL, answer_is_there, self);
	return self;
}

gboolean
kepler_scraper_start(KeplerScraper *self, GError **error)
{
	self->thread = g_thread_try_new("vmfc-kepler", scraper_main, self, error);
	return self->thread != NULL;
}

/*
 * Ends the request that is under way, soon. To cancel from another thread than the one that waits
 * can leak the source that it waits with (GLib 2.74 keeps one that is disposed of meanwhile), and
 * so is left for a thread that a server keeps too busy to see that it is called.
 */
static void
cancel(KeplerScraper *self, gboolean from_outside)
{
	if (!from_outside) {
		g_source_set_ready_time(self->cancel_call, 0);
		return;
	}
	pthread_mutex_lock(&self->lock);
	g_cancellable_cancel(self->request.cancellable);
	pthread_mutex_unlock(&self->lock);
}

static void
end_thread(KeplerScraper *self)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE;
	pthread_mutex_lock(&self->lock);
	self->stopping = TRUE;
	g_source_set_ready_time(self->cancel_call, 0);
	while (!self->is_over && pthread_cond_timedwait(&self->over, &self->lock, &until) == 0)
		;
	gboolean is_over = self->is_over;
	pthread_mutex_unlock(&self->lock);
	if (!is_over)
		cancel(self, TRUE);
	g_thread_join(self->thread);
}

/* Ends a request that is under way, and the thread. */
void
kepler_scraper_free(KeplerScraper *self)
{
	if (self->thread != NULL)
		end_thread(self);
	kepler_call_free(self->ask_call);
	kepler_call_free(self->cancel_call);
	kepler_call_free(self->answer_call);
	g_main_loop_unref(self->loop);
	g_main_context_unref(self->context);
	g_clear_error(&self->answer.error);
	pthread_cond_destroy(&self->over);
	pthread_mutex_destroy(&self->lock);
	kepler_request_clear(&self->request);
	g_uri_unref(self->uri);
	g_clear_object(&self->authorities);
	kepler_source_free(self->source);
	g_free(self);
}

/*
 * Has the page fetched.
 *
 * Returns: %FALSE when the request before is not over, which it should be for long: a server can
 *   keep the thread so busy that it does not see its own time limit
 */
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
	if (!idle) {
		kepler_scraper_give_up(self);
		return FALSE;
	}
	self->n_cancels = 0;
	g_source_set_ready_time(self->ask_call, 0);
	return TRUE;
}

/* Has the request that is under way answered soon, in vain; called again, with more force. */
void
kepler_scraper_give_up(KeplerScraper *self)
{
	cancel(self, self->n_cancels++ > 0);
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
