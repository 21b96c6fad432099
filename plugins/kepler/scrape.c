/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "scrape.h"

#include <pthread.h>
#include <time.h>

#include "http/address.h"
#include "http/authorities.h"
#include "http/bearer-token.h"

#define NS_PER_US 1000
#define NS_PER_S  1e9

typedef enum {
	IDLE,
	ASKED,	  /* the scraper's thread has a request, or will read it soon */
	ANSWERED, /* the main thread will read the answer soon */
} State;

struct _KeplerScraper {
	KeplerSource *source;
	GUri *uri;
	VmfcAuthorities authorities;
	KeplerAnsweredFunc answered;
	gpointer user_data;
	GThread *thread;
	GSource *answer_call; /* wakes the main thread */
	GSource *timer;	      /* cancels a request, from the main thread */

	/* guards the fields below; a pthread mutex, so that the thread sanitizer knows it */
	pthread_mutex_t lock;
	pthread_cond_t called; /* signals a request or the end of the thread */
	State state;
	gboolean taken; /* the last answer was used in a record */
	gboolean stopping;
	KeplerAnswer answer;

	/* used by the scraper's thread alone, except its cancellable */
	KeplerReader reader;
	KeplerRequest request;
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

/* --------------------------------------------------------------- calls */

static gboolean
dispatch_once(GSource *source, GSourceFunc callback, gpointer user_data)
{
	g_source_set_ready_time(source, -1);
	return callback(user_data);
}

static GSourceFuncs call_funcs = {.dispatch = dispatch_once};

/*
 * A source that calls back in the main context at each ready time. Any thread may set that time,
 * and setting it allocates nothing.
 */
static GSource *
call_new(GSourceFunc callback, gpointer user_data)
{
	GSource *source = g_source_new(&call_funcs, sizeof(GSource));
	g_source_set_callback(source, callback, user_data, NULL);
	g_source_attach(source, NULL);
	return source;
}

static void
call_free(GSource *call)
{
	g_source_destroy(call);
	g_source_unref(call);
}

/* ------------------------------------------ on the scraper's own thread */

/* Returns: the result of a request */
static KeplerAnswer
fetch(KeplerScraper *self, gboolean taken)
{
	KeplerAnswer answer = {.sent = read_clock()};

	self->reader.begin(self->reader.user_data, taken, answer.sent);
	answer.error = kepler_request_run(&self->request, &answer.absent);
	answer.duration = (gdouble)(read_clock() - answer.sent) / NS_PER_S;
	self->reader.end(self->reader.user_data, answer.error == NULL);
	return answer;
}

static gpointer
scraper_main(gpointer user_data)
{
	KeplerScraper *self = user_data;

	pthread_mutex_lock(&self->lock);
	for (;;) {
		while (self->state != ASKED && !self->stopping)
			pthread_cond_wait(&self->called, &self->lock);
		if (self->stopping)
			break;
		gboolean taken = self->taken;
		self->taken = FALSE;
		pthread_mutex_unlock(&self->lock);
		KeplerAnswer answer = fetch(self, taken);
		pthread_mutex_lock(&self->lock);
		answer.tick = self->answer.tick;
		self->answer = answer;
		self->state = ANSWERED;
		/* not with the lock held: the main thread would wait for it */
		pthread_mutex_unlock(&self->lock);
		g_source_set_ready_time(self->answer_call, 0);
		pthread_mutex_lock(&self->lock);
	}
	pthread_mutex_unlock(&self->lock);
	return NULL;
}

/* ---------------------------------------------------- on the main thread */

static gboolean
answer_is_there(gpointer user_data)
{
	KeplerScraper *self = user_data;

	g_source_set_ready_time(self->timer, -1);
	self->answered(self->user_data);
	return G_SOURCE_CONTINUE;
}

static gboolean
time_is_over(gpointer user_data)
{
	kepler_scraper_give_up(user_data);
	return G_SOURCE_CONTINUE;
}

/* So that vmfc reports a wrong name before it writes anything. */
static gboolean
check_files(const KeplerSource *source, VmfcAuthorities *authorities, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (!vmfc_bearer_token_check_file(source->token_file, &reason)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "option %s.token_file: %s",
			    source->plugin, reason->message);
		return FALSE;
	}
	if (vmfc_authorities_read(authorities, source->ca_file, &reason))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "option %s.ca_file: %s", source->plugin,
		    reason->message);
	return FALSE;
}

/*
 * @source: (transfer full):
 * @reader: copied; its data must outlive the scraper
 * @answered: called after each kepler_scraper_ask() that returned %TRUE
 *
 * Returns: (transfer full): %NULL with @error set when @source is invalid
 */
KeplerScraper *
kepler_scraper_new(KeplerSource *source, const KeplerReader *reader, KeplerAnsweredFunc answered,
		   gpointer user_data, GError **error)
{
	g_autoptr(KeplerSource) mine = source;
	g_autoptr(GUri) uri = vmfc_address_parse(source->url, "--kepler-url",
						 "http://localhost:28282/metrics", error);
	VmfcAuthorities authorities;

	if (uri == NULL || !check_files(source, &authorities, error))
		return NULL;
	KeplerScraper *self = g_new0(KeplerScraper, 1);
	self->source = g_steal_pointer(&mine);
	self->source->shown_url = vmfc_address_show(uri);
	self->uri = g_steal_pointer(&uri);
	self->authorities = authorities;
	self->answered = answered;
	self->user_data = user_data;
	self->reader = *reader;
	kepler_request_init(&self->request, self->source, self->uri, self->authorities.database,
			    reader->text);
	pthread_mutex_init(&self->lock, NULL);
	pthread_cond_init(&self->called, NULL);
	self->answer_call = call_new(answer_is_there, self);
	self->timer = call_new(time_is_over, self);
	return self;
}

gboolean
kepler_scraper_start(KeplerScraper *self, GError **error)
{
	self->thread = g_thread_try_new("vmfc-kepler", scraper_main, self, error);
	return self->thread != NULL;
}

static void
end_thread(KeplerScraper *self)
{
	pthread_mutex_lock(&self->lock);
	self->stopping = TRUE;
	pthread_cond_signal(&self->called);
	pthread_mutex_unlock(&self->lock);
	kepler_scraper_give_up(self);
	g_thread_join(self->thread);
}

/* Cancels the current request and ends the thread. */
void
kepler_scraper_free(KeplerScraper *self)
{
	if (self->thread != NULL)
		end_thread(self);
	call_free(self->answer_call);
	call_free(self->timer);
	g_clear_error(&self->answer.error);
	pthread_cond_destroy(&self->called);
	pthread_mutex_destroy(&self->lock);
	kepler_request_clear(&self->request);
	g_uri_unref(self->uri);
	vmfc_authorities_clear(&self->authorities);
	kepler_source_free(self->source);
	g_free(self);
}

/*
 * Starts a request for the page.
 *
 * Returns: %FALSE when the previous request is not complete; it is cancelled once more then
 */
gboolean
kepler_scraper_ask(KeplerScraper *self, guint64 tick)
{
	pthread_mutex_lock(&self->lock);
	gboolean idle = self->state == IDLE;
	if (idle) {
		/*
		 * the thread is idle: the cancelled request is complete, and the next one is not
		 * cancelled
		 */
		g_cancellable_reset(self->request.cancellable);
		self->state = ASKED;
		self->answer.tick = tick;
		pthread_cond_signal(&self->called);
	}
	pthread_mutex_unlock(&self->lock);
	if (!idle) {
		kepler_scraper_give_up(self);
		return FALSE;
	}
	g_source_set_ready_time(self->timer, (read_clock() + self->source->time_limit) / NS_PER_US);
	return TRUE;
}

/* Cancels the current request, so that its answer comes soon and without a page. */
void
kepler_scraper_give_up(KeplerScraper *self)
{
	g_cancellable_cancel(self->request.cancellable);
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

/* The answer is part of a record now: the next growth counts from it. */
void
kepler_scraper_take(KeplerScraper *self)
{
	pthread_mutex_lock(&self->lock);
	self->taken = TRUE;
	pthread_mutex_unlock(&self->lock);
}
