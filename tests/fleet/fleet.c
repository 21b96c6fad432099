/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Plays many VMs, each with its own values, a clock that is a little off, restarts and gaps, and
 * sends them with remote write to --url. Prints what was sent, for whoever counts what has arrived:
 * a line for each VM with its number of samples and sums of some values, then a line with totals.
 */

#include <libsoup/soup.h>
#include <math.h>
#include <time.h>

#include "metrics/exposition.h"
#include "play.h"
#include "record/schema.h"
#include "remote/remote-stream.h"

#define INTERVAL 1.0
/* seconds that a VM that starts again sends nothing */
#define RESTART 8
/* each so-many-th VM starts again in the middle, and each so-many-th has gaps */
#define EACH_RESTARTS 10
#define EACH_HAS_GAPS 7
#define GAP_SHARE     0.03
/* ms that clocks are off at most; they must not swap records */
#define OFF 300

typedef struct {
	const gchar *url;
	guint n_vms;
	guint n_seconds;
	guint n_threads;
	guint batch;	/* a request has the records of so many seconds */
	gint64 start;	/* seconds since 1970 of the first record */
	gboolean paced; /* in real time */
	gboolean pages; /* also makes a page for each record, as a scrape gets it */
	const VmfcSchema *schema;
} Setup;

typedef struct {
	guint64 n_samples;
	guint64 n_records;
	guint64 n_requests;
	guint64 n_failed;
	guint64 n_bytes;	/* of bodies */
	guint64 n_page_bytes;	/* of pages, compressed */
	gdouble encode_seconds; /* CPU */
	gdouble page_seconds;	/* CPU */
} Totals;

typedef struct {
	guint index;
	gchar *instance;
	PlayState state;
	VmfcMetrics *metrics;
	VmfcMetricValues values;
	VmfcRemoteStream *stream;
	VmfcRemoteBatch *batch;
	gint64 off;	/* ms of its clock */
	gint64 last;	/* ms of its last record */
	guint quiet;	/* seconds that it sends nothing */
	guint n_missed; /* since its last record */
	guint64 n_samples;
	gdouble times;	/* sum of vmfc_timestamp_seconds */
	gdouble joules; /* sum of the values of vmfc_energy_joules_total of the package */
} Vm;

typedef struct {
	const Setup *setup;
	guint first; /* plays this VM and each n_threads-th after it */
	GPtrArray *vms;
	Totals totals;
	GString *failure; /* the first one */
} Player;

static gdouble
thread_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (gdouble)now.tv_sec + (gdouble)now.tv_nsec / 1e9;
}

static void
begin_run(Vm *self, const VmfcSchema *schema, guint run)
{
	g_autofree gchar *name = g_strdup_printf("2026-01-01T00:00:00.%u.%uZ", self->index, run);
	g_autofree gchar *id = g_strdup_printf("6f1c7a52-0000-4000-8000-%012u", self->index);
	const VmfcMetricsSetup setup = {.version = "0", .run = name, .node_name = self->instance};
	const VmfcRemoteLabel labels[] = {
		{"job", "fleet"}, {"instance", self->instance}, {"vm_id", id}};

	self->metrics = vmfc_metrics_new(schema, &setup);
	self->stream = vmfc_remote_stream_new(self->metrics, labels, G_N_ELEMENTS(labels));
	vmfc_metric_values_init(&self->values, self->metrics->sources->len,
				self->metrics->texts->len);
}

static void
end_run(Vm *self)
{
	vmfc_remote_stream_free(self->stream);
	vmfc_metric_values_clear(&self->values);
	vmfc_metrics_free(self->metrics);
}

static Vm *
vm_new(guint index, const VmfcSchema *schema)
{
	Vm *vm = g_new0(Vm, 1);

	vm->index = index;
	vm->instance = g_strdup_printf("vm-%04u", index);
	play_state_init(&vm->state, index);
	vm->off = g_rand_int_range(vm->state.random, -OFF, OFF);
	vm->batch = vmfc_remote_batch_new();
	begin_run(vm, schema, 0);
	return vm;
}

static void
vm_free(Vm *vm)
{
	end_run(vm);
	vmfc_remote_batch_free(vm->batch);
	play_state_clear(&vm->state);
	g_free(vm->instance);
	g_free(vm);
}

/* Every second one ends as a user stops it, with stale markers; the others as kill -9 ends them. */
static void
restart(Vm *self, const VmfcSchema *schema)
{
	if (self->index / EACH_RESTARTS % 2 == 0)
		vmfc_remote_stream_end(self->stream, self->last + 1, self->batch);
	end_run(self);
	play_state_restart(&self->state);
	begin_run(self, schema, 1);
	self->quiet = RESTART;
}

/* Counts without the encoder what the record gives to receivers. */
static void
count(Vm *self)
{
	for (guint i = 0; i < self->metrics->families->len; i++) {
		const VmfcMetricFamily *family = self->metrics->families->pdata[i];
		for (guint j = 0; j < family->series->len; j++) {
			VmfcMetricValue value;
			if (!vmfc_metric_series_get(family->series->pdata[j], &self->values,
						    &value))
				continue;
			self->n_samples++;
			if (g_str_equal(family->name, "vmfc_timestamp_seconds"))
				self->times += value.d;
			if (g_str_equal(family->name, "vmfc_energy_joules") && j == 0)
				self->joules += value.d;
		}
	}
}

/* The page of the record, as a scrape gets it: text, compressed. */
static void
make_page(const Vm *self, Totals *totals)
{
	gdouble begin = thread_seconds();
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GZlibCompressor) packer = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP,
								  -1);
	gsize n_read;
	gsize n_written;

	vmfc_exposition_append(text, self->metrics, &self->values, VMFC_EXPOSITION_TEXT);
	g_autofree gchar *packed = g_malloc(text->len + 1024);
	g_converter_convert(G_CONVERTER(packer), text->str, text->len, packed, text->len + 1024,
			    G_CONVERTER_INPUT_AT_END, &n_read, &n_written, NULL);
	totals->n_page_bytes += n_written;
	totals->page_seconds += thread_seconds() - begin;
}

static void
play_second(Vm *self, const Setup *setup, guint second, Totals *totals)
{
	gint64 lateness = g_rand_int_range(self->state.random, 0, 4);

	if (second == setup->n_seconds / 2 && self->index % EACH_RESTARTS == 0)
		restart(self, setup->schema);
	if (self->quiet > 0) {
		self->quiet--;
		return;
	}
	if (self->index % EACH_HAS_GAPS == 0 && g_rand_double(self->state.random) < GAP_SHARE) {
		self->n_missed++;
		return;
	}
	self->last = (setup->start + second) * 1000 + self->off + lateness;
	play_state_draw(&self->state, self->metrics, (gdouble)self->last / 1000, self->n_missed,
			&self->values);
	self->n_missed = 0;
	count(self);
	gdouble begin = thread_seconds();
	vmfc_remote_stream_add(self->stream, &self->values, self->last, self->batch);
	totals->encode_seconds += thread_seconds() - begin;
	totals->n_records++;
	if (setup->pages)
		make_page(self, totals);
}

static void
send_batch(Player *self, SoupSession *session, VmfcRemoteBatch *batch)
{
	gdouble begin = thread_seconds();
	g_autoptr(GBytes) body = vmfc_remote_batch_build_body(batch);
	self->totals.encode_seconds += thread_seconds() - begin;
	g_autoptr(SoupMessage) message = soup_message_new("POST", self->setup->url);
	SoupMessageHeaders *headers = soup_message_get_request_headers(message);
	g_autoptr(GError) error = NULL;

	soup_message_headers_replace(headers, "Content-Encoding", "snappy");
	soup_message_headers_replace(headers, "X-Prometheus-Remote-Write-Version", "0.1.0");
	soup_message_set_request_body_from_bytes(message, "application/x-protobuf", body);
	g_autoptr(GBytes) answer = soup_session_send_and_read(session, message, NULL, &error);
	self->totals.n_requests++;
	self->totals.n_bytes += g_bytes_get_size(body);
	guint status = soup_message_get_status(message);
	if (answer != NULL && SOUP_STATUS_IS_SUCCESSFUL(status))
		return;
	if (self->totals.n_failed++ == 0)
		g_string_printf(self->failure, "%u %s", status,
				answer == NULL ? error->message
					       : (const gchar *)g_bytes_get_data(answer, NULL));
}

/* VMs send one after the other, and not all at once. */
static void
wait_for_turn(const Setup *setup, guint second, guint index)
{
	gdouble due = (gdouble)setup->start + second + setup->batch +
		      (gdouble)setup->batch * index / setup->n_vms;
	gdouble wait = due - (gdouble)g_get_real_time() / G_USEC_PER_SEC;

	if (setup->paced && wait > 0)
		g_usleep((gulong)(wait * G_USEC_PER_SEC));
}

static gpointer
play(Player *self)
{
	const Setup *setup = self->setup;
	g_autoptr(SoupSession) session = soup_session_new();

	for (guint second = 0; second < setup->n_seconds; second += setup->batch) {
		for (guint i = 0; i < self->vms->len; i++) {
			Vm *vm = self->vms->pdata[i];
			wait_for_turn(setup, second, vm->index);
			for (guint at = second; at < MIN(second + setup->batch, setup->n_seconds);
			     at++)
				play_second(vm, setup, at, &self->totals);
			if (vmfc_remote_batch_get_n_samples(vm->batch) > 0)
				send_batch(self, session, vm->batch);
			vmfc_remote_batch_clear(vm->batch);
		}
	}
	return NULL;
}

static void
player_init(Player *self, const Setup *setup, guint first)
{
	self->setup = setup;
	self->first = first;
	self->failure = g_string_new(NULL);
	self->vms = g_ptr_array_new_with_free_func((GDestroyNotify)vm_free);
	for (guint i = first; i < setup->n_vms; i += setup->n_threads)
		g_ptr_array_add(self->vms, vm_new(i, setup->schema));
}

/* Prints what the player sent, and adds it to the totals. */
static void
player_finish(Player *self, Totals *sum)
{
	for (guint i = 0; i < self->vms->len; i++) {
		const Vm *vm = self->vms->pdata[i];
		g_print("%s %" G_GUINT64_FORMAT " %.17g %.17g\n", vm->instance, vm->n_samples,
			vm->times, vm->joules);
		sum->n_samples += vm->n_samples;
	}
	sum->n_records += self->totals.n_records;
	sum->n_requests += self->totals.n_requests;
	sum->n_failed += self->totals.n_failed;
	sum->n_bytes += self->totals.n_bytes;
	sum->n_page_bytes += self->totals.n_page_bytes;
	sum->encode_seconds += self->totals.encode_seconds;
	sum->page_seconds += self->totals.page_seconds;
	if (self->failure->len > 0)
		g_printerr("a request failed: %s\n", self->failure->str);
	g_ptr_array_unref(self->vms);
	g_string_free(self->failure, TRUE);
}

static void
play_all(const Setup *setup, Totals *totals)
{
	g_autofree Player *players = g_new0(Player, setup->n_threads);
	g_autofree GThread **threads = g_new0(GThread *, setup->n_threads);

	for (guint i = 0; i < setup->n_threads; i++) {
		player_init(&players[i], setup, i);
		threads[i] = g_thread_new("player", (GThreadFunc)play, &players[i]);
	}
	for (guint i = 0; i < setup->n_threads; i++) {
		g_thread_join(threads[i]);
		player_finish(&players[i], totals);
	}
}

int
main(int argc, char **argv)
{
	g_autofree gchar *url = NULL;
	gint n_vms = 20;
	gint n_seconds = 60;
	gint n_threads = 4;
	gint n_batch = 5;
	Setup setup = {0};
	Totals totals = {0};
	const GOptionEntry entries[] = {
		{"url", 0, 0, G_OPTION_ARG_STRING, &url, "where to send", "URL"},
		{"vms", 0, 0, G_OPTION_ARG_INT, &n_vms, "how many VMs", "N"},
		{"seconds", 0, 0, G_OPTION_ARG_INT, &n_seconds, "how many records of each", "N"},
		{"threads", 0, 0, G_OPTION_ARG_INT, &n_threads, "connections", "N"},
		{"batch", 0, 0, G_OPTION_ARG_INT, &n_batch, "records of a request", "N"},
		{"start", 0, 0, G_OPTION_ARG_INT64, &setup.start, "time of the first record", "S"},
		{"paced", 0, 0, G_OPTION_ARG_NONE, &setup.paced, "in real time", NULL},
		{"pages", 0, 0, G_OPTION_ARG_NONE, &setup.pages, "also make pages", NULL},
		{NULL}};
	g_autoptr(GOptionContext) context = g_option_context_new("- play a fleet");
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || url == NULL || n_vms < 1 ||
	    n_seconds < 1 || n_threads < 1 || n_batch < 1) {
		g_printerr("%s\n",
			   error != NULL ? error->message : "give --url and numbers above 0");
		return 2;
	}
	g_autoptr(VmfcSchema) schema = play_build_schema();
	setup.url = url;
	setup.n_vms = (guint)n_vms;
	setup.n_seconds = (guint)n_seconds;
	setup.n_threads = (guint)n_threads;
	setup.batch = (guint)n_batch;
	setup.schema = schema;
	play_all(&setup, &totals);
	g_print("{\"samples\": %" G_GUINT64_FORMAT ", \"records\": %" G_GUINT64_FORMAT
		", \"requests\": %" G_GUINT64_FORMAT ", \"failed\": %" G_GUINT64_FORMAT
		", \"bytes\": %" G_GUINT64_FORMAT ", \"page_bytes\": %" G_GUINT64_FORMAT
		", \"encode_seconds\": %.6f, \"page_seconds\": %.6f}\n",
		totals.n_samples, totals.n_records, totals.n_requests, totals.n_failed,
		totals.n_bytes, totals.n_page_bytes, totals.encode_seconds, totals.page_seconds);
	return totals.n_failed > 0 ? 1 : 0;
}
