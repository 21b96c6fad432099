/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pages.h"

#include <pthread.h>

#include "history.h"
#include "start-page.h"

/* Without a record for so many windows and µs, the collector is not well. */
#define MISSED_WINDOWS 3
#define MISSED_MORE    (5 * G_USEC_PER_SEC)
/* A high level saves little more and takes long. */
#define GZIP_LEVEL 5

/* What the writer's thread gives. */
typedef struct {
	guint64 n_records;
	gint64 time; /* of the last one, or of the start: CLOCK_MONOTONIC, µs */
	VmfcMetricValues values;
	History history;
} Shared;

struct _Pages {
	/* constant */
	const VmfcMetrics *metrics;
	const gchar *version;
	gint64 patience; /* µs */

	/* guards @shared; a pthread mutex, because the thread sanitizer does not see GMutex */
	pthread_mutex_t lock;
	Shared shared;

	/* of the server's thread */
	guint64 n_records; /* that the pages are of */
	VmfcMetricValues values;
	History *history;
	GBytes *plain[N_PAGES];
	GBytes *packed[N_PAGES];
};

/*
 * @metrics, @version: not owned
 * @interval: ns
 */
Pages *
pages_new(const VmfcMetrics *metrics, const gchar *version, gint64 interval)
{
	Pages *self = g_new0(Pages, 1);

	self->metrics = metrics;
	self->version = version;
	self->patience = MISSED_WINDOWS * (interval / 1000) + MISSED_MORE;
	pthread_mutex_init(&self->lock, NULL);
	vmfc_metric_values_init(&self->shared.values, metrics->sources->len, metrics->texts->len);
	vmfc_metric_values_init(&self->values, metrics->sources->len, metrics->texts->len);
	self->shared.time = g_get_monotonic_time();
	history_init(&self->shared.history, metrics);
	self->history = g_new0(History, 1);
	return self;
}

static void
forget(Pages *self)
{
	for (guint i = 0; i < N_PAGES; i++) {
		g_clear_pointer(&self->plain[i], g_bytes_unref);
		g_clear_pointer(&self->packed[i], g_bytes_unref);
	}
}

void
pages_free(Pages *self)
{
	forget(self);
	g_free(self->history);
	vmfc_metric_values_clear(&self->values);
	vmfc_metric_values_clear(&self->shared.values);
	pthread_mutex_destroy(&self->lock);
	g_free(self);
}

/* On the writer's thread. Waits at most while values are copied. */
void
pages_add(Pages *self, const VmfcMetricValues *values)
{
	pthread_mutex_lock(&self->lock);
	self->shared.n_records++;
	self->shared.time = g_get_monotonic_time();
	vmfc_metric_values_copy(&self->shared.values, values);
	history_add(&self->shared.history, values);
	pthread_mutex_unlock(&self->lock);
}

/* ------------------------------------------------ on the server's thread */

/* Takes the last record, if there is a newer one than that of the pages. */
static void
update(Pages *self)
{
	pthread_mutex_lock(&self->lock);
	gboolean is_new = self->shared.n_records != self->n_records;
	if (is_new) {
		self->n_records = self->shared.n_records;
		vmfc_metric_values_copy(&self->values, &self->shared.values);
	}
	pthread_mutex_unlock(&self->lock);
	if (is_new)
		forget(self);
}

static void
render_start(Pages *self, GString *text)
{
	pthread_mutex_lock(&self->lock);
	*self->history = self->shared.history;
	pthread_mutex_unlock(&self->lock);
	start_page_append(text, self->history, self->version);
}

static GBytes *
render(Pages *self, PageKind kind)
{
	GString *text = g_string_sized_new(16384);

	if (kind == PAGE_START)
		render_start(self, text);
	else
		vmfc_exposition_append(text, self->metrics, &self->values, (VmfcExposition)kind);
	return g_string_free_to_bytes(text);
}

static GBytes *
pack(GBytes *plain)
{
	g_autoptr(GZlibCompressor) compressor = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP,
								      GZIP_LEVEL);
	gsize size;
	const guint8 *from = g_bytes_get_data(plain, &size);
	/* more than what does not compress at all needs, so that one call is enough */
	gsize room = size + size / 8 + 256;
	guint8 *to = g_malloc(room);
	gsize n_read;
	gsize n_written;

	if (g_converter_convert(G_CONVERTER(compressor), from, size, to, room,
				G_CONVERTER_INPUT_AT_END, &n_read, &n_written,
				NULL) == G_CONVERTER_FINISHED)
		return g_bytes_new_take(to, n_written);
	g_free(to);
	return NULL;
}

/*
 * @is_packed: with gzip
 *
 * Returns: (transfer none): valid until the next call
 */
GBytes *
pages_get(Pages *self, PageKind kind, gboolean is_packed)
{
	update(self);
	if (self->plain[kind] == NULL)
		self->plain[kind] = render(self, kind);
	if (!is_packed)
		return self->plain[kind];
	if (self->packed[kind] == NULL)
		self->packed[kind] = pack(self->plain[kind]);
	return self->packed[kind];
}

/* Returns: (transfer full): one line: whether records come */
gchar *
pages_get_health(Pages *self, gboolean *is_good)
{
	pthread_mutex_lock(&self->lock);
	gint64 age = g_get_monotonic_time() - self->shared.time;
	guint64 n_records = self->shared.n_records;
	pthread_mutex_unlock(&self->lock);
	*is_good = age <= self->patience;
	if (!*is_good)
		return g_strdup_printf("no record for %" G_GINT64_FORMAT " s\n",
				       age / G_USEC_PER_SEC);
	return g_strdup(n_records > 0 ? "ok\n" : "waiting for the first record\n");
}
