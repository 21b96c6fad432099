/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "server.h"
#include "text-file.h"
#include "vmfc/vmfc-plugin.h"

/* node_exporter reads its files much more rarely; in µs. */
#define FILE_PAUSE (G_USEC_PER_SEC * 9 / 10)

/* Near Kepler's 28282 and 28283; below the ports that the kernel gives away. */
#define DEFAULT_LISTEN "localhost:28284"

typedef struct {
	gchar *run;
	VmfcMetrics *metrics;
	VmfcMetricValues values; /* of the last record */
	Pages *pages;
	Server *server;	    /* NULL: disabled */
	TextFile *textfile; /* NULL: disabled */
	GString *text;
	gint64 last_file; /* when the file was written last, CLOCK_MONOTONIC, µs */
} Prometheus;

static const VmfcOption options[] = {
	{"listen", VMFC_OPTION_STRING, DEFAULT_LISTEN,
	 "where the server listens: ADDRESS:PORT, or the path of a Unix socket; empty: nowhere"},
	{"textfile", VMFC_OPTION_STRING, "",
	 "a file NAME.prom for the text file collector of node_exporter; empty: none"},
	{"kepler_names", VMFC_OPTION_BOOL, "false",
	 "estimated power also under Kepler's names of metrics"},
	{NULL},
};

static void
prometheus_free(Prometheus *self)
{
	g_clear_pointer(&self->server, server_stop);
	g_clear_pointer(&self->textfile, text_file_close);
	g_clear_pointer(&self->pages, pages_free);
	vmfc_metric_values_clear(&self->values);
	g_clear_pointer(&self->metrics, vmfc_metrics_free);
	g_string_free(self->text, TRUE);
	g_free(self->run);
	g_free(self);
}

static void
open_metrics(Prometheus *self, VmfcContext *context, const VmfcSchema *schema)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();

	self->run = g_date_time_format_iso8601(now);
	const VmfcMetricsSetup setup = {
		.version = VMFC_VERSION,
		.run = self->run,
		.kepler_names = vmfc_context_get_bool(context, "kepler_names"),
		.node_name = g_get_host_name(),
	};
	self->metrics = vmfc_metrics_new(schema, &setup);
	vmfc_metric_values_init(&self->values, self->metrics->sources->len,
				self->metrics->texts->len);
	self->pages = pages_new(self->metrics, VMFC_VERSION, vmfc_context_get_interval(context));
}

/* Returns: whether what the options name is open */
static gboolean
open_exits(Prometheus *self, VmfcContext *context, GError **error)
{
	const gchar *textfile = vmfc_context_get_string(context, "textfile");
	g_auto(ListenAddress) listen = {0};

	if (!listen_address_parse(&listen, vmfc_context_get_string(context, "listen"), error))
		return FALSE;
	gboolean is_listening = listen.path != NULL || listen.addresses->len > 0;
	if (!is_listening && textfile[0] == '\0') {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "prometheus.listen and prometheus.textfile are empty, so the "
				    "records would go nowhere: set one of the two");
		return FALSE;
	}
	if (textfile[0] != '\0') {
		self->textfile = text_file_open(textfile, error);
		if (self->textfile == NULL)
			return FALSE;
	}
	if (is_listening)
		self->server = server_start(&listen, self->pages, error);
	return !is_listening || self->server != NULL;
}

static gpointer
prometheus_open(VmfcContext *context, const VmfcSchema *schema, GError **error)
{
	Prometheus *self = g_new0(Prometheus, 1);

	self->text = g_string_new(NULL);
	open_metrics(self, context, schema);
	if (open_exits(self, context, error))
		return self;
	prometheus_free(self);
	return NULL;
}

static gboolean
write_file(Prometheus *self, GError **error)
{
	gint64 now = g_get_monotonic_time();

	/* after a failure with each record: one that is only skipped would count as written */
	if (now - self->last_file < FILE_PAUSE)
		return TRUE;
	g_string_truncate(self->text, 0);
	vmfc_exposition_append(self->text, self->metrics, &self->values, VMFC_EXPOSITION_TEXT);
	if (!text_file_replace(self->textfile, self->text->str, self->text->len, error))
		return FALSE;
	self->last_file = now;
	return TRUE;
}

static gboolean
prometheus_write(gpointer data, const VmfcRecord *record, GError **error)
{
	Prometheus *self = data;

	vmfc_metrics_read(self->metrics, record, &self->values);
	if (self->server != NULL)
		pages_add(self->pages, &self->values);
	return self->textfile == NULL || write_file(self, error);
}

static gboolean
prometheus_close(gpointer data, G_GNUC_UNUSED GError **error)
{
	prometheus_free(data);
	return TRUE;
}

static const VmfcSink sink = {
	.open = prometheus_open,
	.write = prometheus_write,
	.close = prometheus_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "prometheus",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "the last record as metrics for Prometheus, by HTTP or in a file",
	.options = options,
	.sink = &sink,
};
