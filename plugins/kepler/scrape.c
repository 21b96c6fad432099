/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "scrape.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/regular-file.h"

#define NS_PER_US 1000
#define NS_PER_S  1e9
/* The authorities of a system take about a quarter of a MiB. */
#define MAX_CA_FILE (16 * 1024 * 1024)
#define MAX_TOKEN   (64 * 1024)

typedef enum {
	IDLE,
	ASKED,	  /* the scraper's thread has a request, or will read it soon */
	ANSWERED, /* the main thread will read the answer soon */
} State;

struct _KeplerScraper {
	KeplerSource *source;
	GUri *uri;
	GTlsDatabase *authorities; /* NULL: the system's */
	gint authorities_fd;
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

/*
 * GLib opens the file by name, and again at each handshake. It gets the name of the descriptor that
 * was examined, proc_pid_fd(5), so that a file that replaces it is not used.
 *
 * @fd: (out): of that file; close it after the last handshake
 */
static gboolean
read_authorities(const gchar *path, GTlsDatabase **authorities, gint *fd, GError **error)
{
	g_autoptr(GError) reason = NULL;
	struct stat info;

	*fd = vmfc_regular_file_open(path, error);
	if (*fd < 0)
		return FALSE;
	if (fstat(*fd, &info) == 0 && info.st_size > MAX_CA_FILE) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			"%s is larger than %d MiB, too large for a list of certificate authorities",
			path, MAX_CA_FILE >> 20);
	} else {
		g_autofree gchar *same = g_strdup_printf("/proc/self/fd/%d", *fd);
		*authorities = g_tls_file_database_new(same, &reason);
	}
	if (*authorities == NULL) {
		close(*fd);
		*fd = -1;
	}
	if (g_error_matches(reason, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE))
		g_propagate_error(error, g_steal_pointer(&reason));
	else if (reason != NULL)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "%s does not contain readable certificates of authorities: give them "
			    "as PEM",
			    path);
	return *authorities != NULL;
}

/* So that vmfc reports a wrong name before it writes anything. */
static gboolean
check_files(const KeplerSource *source, GTlsDatabase **authorities, gint *fd, GError **error)
{
	g_autoptr(GError) reason = NULL;
	gboolean has_token = source->token_file[0] != '\0';
	g_autofree gchar *token = has_token ? vmfc_regular_file_read(source->token_file, MAX_TOKEN,
								     NULL, &reason)
					    : NULL;

	if (has_token && token == NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "option %s.token_file: %s",
			    source->plugin, reason->message);
		return FALSE;
	}
	if (source->ca_file[0] == '\0' ||
	    read_authorities(source->ca_file, authorities, fd, &reason))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "option %s.ca_file: %s", source->plugin,
		    g_error_matches(reason, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE)
			    ? KEPLER_NO_TLS
			    : reason->message);
	return FALSE;
}

/* GLib takes the text after the first @ for the host, but a password can contain more of them. */
static gboolean
is_usable(GUri *uri)
{
	const gchar *scheme = g_uri_get_scheme(uri);
	const gchar *host = g_uri_get_host(uri);

	return host != NULL && host[0] != '\0' && strchr(host, '@') == NULL &&
	       (g_str_equal(scheme, "http") || g_str_equal(scheme, "https"));
}

/* An invalid address may contain a password at any place before its last @. */
static gchar *
hide_user(const gchar *url)
{
	const gchar *end = strrchr(url, '@');
	return end != NULL ? g_strconcat("***", end, NULL) : g_strdup(url);
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
	g_autoptr(GUri) uri = g_uri_parse(source->url, KEPLER_URI_FLAGS, NULL);
	g_autoptr(GTlsDatabase) authorities = NULL;

	if (uri == NULL || !is_usable(uri)) {
		g_autofree gchar *shown = hide_user(source->url);
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--kepler-url is '%s', but must be an address such as "
			    "http://localhost:28282/metrics%s",
			    shown,
			    strchr(source->url, '@') != NULL
				    ? "; in a password write %40 for @, %2F for / and %23 for #"
				    : "");
		return NULL;
	}
	gint fd = -1;
	if (!check_files(source, &authorities, &fd, error))
		return NULL;
	KeplerScraper *self = g_new0(KeplerScraper, 1);
	self->source = g_steal_pointer(&mine);
	self->source->shown_url = g_uri_to_string_partial(uri, G_URI_HIDE_USERINFO);
	self->uri = g_steal_pointer(&uri);
	self->authorities = g_steal_pointer(&authorities);
	self->authorities_fd = fd;
	self->answered = answered;
	self->user_data = user_data;
	self->reader = *reader;
	kepler_request_init(&self->request, self->source, self->uri, self->authorities,
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
	g_clear_object(&self->authorities);
	if (self->authorities_fd >= 0)
		close(self->authorities_fd);
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
