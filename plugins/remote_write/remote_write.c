/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "delivery.h"
#include "labels.h"
#include "remote/remote-stream.h"
#include "vmfc/vmfc-plugin.h"

#define NS_PER_US 1000
#define NS_PER_MS 1000000
/* MiB. Each file of a spool is open, and a process may usually open 1024. */
#define MAX_SPOOL 4096

typedef struct {
	gchar *run;
	guint time_column;
	VmfcMetrics *metrics;
	VmfcMetricValues values;
	VmfcRemoteStream *stream;
	VmfcRemoteBatch *batch;
	Delivery *delivery;
	gchar *address;
	gint64 last; /* time of the last record, ms */
} RemoteWrite;

static const VmfcOption options[] = {
	{"url", VMFC_OPTION_STRING, "",
	 "address that takes Prometheus remote write, for example "
	 "https://prometheus.example/api/v1/write"},
	{"token_file", VMFC_OPTION_STRING, "", "file with a bearer token to send"},
	{"ca_file", VMFC_OPTION_STRING, "",
	 "file with the certificate authorities (PEM) that https trusts instead of the system's"},
	{"labels", VMFC_OPTION_STRING, "",
	 "labels of all series besides job, instance and vm_id, or in their place: NAME=VALUE,..."},
	{"batch_time", VMFC_OPTION_DURATION, "5",
	 "seconds that a record waits for others to be sent with, at most"},
	{"batch_samples", VMFC_OPTION_INT, "5000", "samples in one request, about"},
	{"time_limit", VMFC_OPTION_DURATION, "30", "timeout of an answer in seconds"},
	{"queue_size", VMFC_OPTION_INT, "64", "maximum size of what waits in memory in MiB"},
	{"spool", VMFC_OPTION_STRING, "",
	 "folder that keeps what waits, also after the end of vmfc; empty: only memory does"},
	{"spool_size", VMFC_OPTION_INT, "256", "maximum size of that folder in MiB"},
	{"fsync", VMFC_OPTION_DURATION, "1",
	 "how often to sync that folder to the disk, in seconds; 0: only at the end"},
	{"linger", VMFC_OPTION_DURATION, "10",
	 "seconds that the end of a run waits for the receiver, at most"},
	{NULL},
};

static void
remote_write_free(RemoteWrite *self)
{
	g_clear_pointer(&self->stream, vmfc_remote_stream_free);
	g_clear_pointer(&self->batch, vmfc_remote_batch_free);
	vmfc_metric_values_clear(&self->values);
	g_clear_pointer(&self->metrics, vmfc_metrics_free);
	g_free(self->address);
	g_free(self->run);
	g_free(self);
}

/* ------------------------------------------------------------- options */

static gboolean
read_int(VmfcContext *context, const gchar *option, gint64 least, gint64 most, gint64 *value,
	 GError **error)
{
	*value = vmfc_context_get_int(context, option);
	if (*value >= least && *value <= most)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "option remote_write.%s is %" G_GINT64_FORMAT
		    ", but must be from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
		    option, *value, least, most);
	return FALSE;
}

/* @least, @most: s */
static gboolean
read_duration(VmfcContext *context, const gchar *option, gdouble least, gdouble most, gint64 *value,
	      GError **error)
{
	*value = vmfc_context_get_duration(context, option);
	gdouble seconds = (gdouble)*value / 1e9;
	if (seconds >= least && seconds <= most)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "option remote_write.%s is %g, but must be from %g to %g seconds", option,
		    seconds, least, most);
	return FALSE;
}

static gboolean
read_setup(VmfcContext *context, DeliverySetup *setup, GError **error)
{
	gint64 batch_time;
	gint64 linger;
	gint64 batch_samples;
	gint64 queue_size;
	gint64 spool_size;
	gint64 fsync;

	if (!read_duration(context, "batch_time", 0, 3600, &batch_time, error) ||
	    !read_duration(context, "linger", 0, 3600, &linger, error) ||
	    !read_int(context, "batch_samples", 1, 100000, &batch_samples, error) ||
	    !read_int(context, "queue_size", 1, 65536, &queue_size, error) ||
	    !read_int(context, "spool_size", 1, MAX_SPOOL, &spool_size, error) ||
	    !read_duration(context, "fsync", 0, 3600, &fsync, error))
		return FALSE;
	*setup = (DeliverySetup){
		.batch_time = batch_time / NS_PER_US,
		.batch_samples = (guint)batch_samples,
		.linger = linger / NS_PER_US,
		.queue_size = (gsize)queue_size << 20,
		.spool_size = (gsize)spool_size << 20,
		.fsync = (fsync + NS_PER_US - 1) / NS_PER_US,
	};
	return TRUE;
}

static VmfcRemoteSender *
open_sender(VmfcContext *context, GError **error)
{
	VmfcRemoteTarget target = {
		.url = vmfc_context_get_string(context, "url"),
		.url_option = "option remote_write.url",
		.token_file = vmfc_context_get_string(context, "token_file"),
		.token_option = "option remote_write.token_file",
		.ca_file = vmfc_context_get_string(context, "ca_file"),
		.ca_option = "option remote_write.ca_file",
	};
	gint64 time_limit;

	if (target.url[0] == '\0') {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "no receiver is given: name it with --set "
				    "remote_write.url=URL");
		return NULL;
	}
	if (!read_duration(context, "time_limit", 0.001, 3600, &time_limit, error))
		return NULL;
	target.time_limit = (guint)(time_limit / NS_PER_MS);
	return vmfc_remote_sender_new(&target, error);
}

/* ------------------------------------------------------------- opening */

static guint
find_column(const VmfcSchema *schema, const gchar *name)
{
	for (guint i = 0; i < vmfc_schema_get_n_columns(schema); i++) {
		if (g_str_equal(vmfc_schema_get_column(schema, i)->name, name))
			return i;
	}
	return G_MAXUINT;
}

static void
open_metrics(RemoteWrite *self, const VmfcSchema *schema, const GArray *labels)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();

	self->run = g_date_time_format_iso8601(now);
	const VmfcMetricsSetup setup = {
		.version = VMFC_VERSION,
		.run = self->run,
		.node_name = g_get_host_name(),
	};
	self->metrics = vmfc_metrics_new(schema, &setup);
	vmfc_metric_values_init(&self->values, self->metrics->sources->len,
				self->metrics->texts->len);
	self->stream = vmfc_remote_stream_new(self->metrics, vmfc_remote_labels_get(labels),
					      labels->len);
	self->batch = vmfc_remote_batch_new();
	self->time_column = find_column(schema, "timestamp");
}

static Spool *
open_spool(const gchar *path, const gchar *receiver, gsize size, GError **error)
{
	Spool *spool = spool_open(path, receiver, size, error);

	if (spool != NULL && spool_get_waiting(spool)->n_samples > 0)
		g_message("%s: %" G_GUINT64_FORMAT
			  " records of earlier runs wait there and are sent first",
			  path, spool_get_waiting(spool)->n_records);
	return spool;
}

static gboolean
open_delivery(RemoteWrite *self, VmfcContext *context, GError **error)
{
	const gchar *path = vmfc_context_get_string(context, "spool");
	DeliverySetup setup;

	if (!read_setup(context, &setup, error))
		return FALSE;
	g_autoptr(VmfcRemoteSender) sender = open_sender(context, error);
	if (sender == NULL)
		return FALSE;
	self->address = g_strdup(vmfc_remote_sender_get_address(sender));
	Spool *spool = NULL;
	if (path[0] != '\0') {
		spool = open_spool(path, vmfc_remote_sender_get_identity(sender), setup.spool_size,
				   error);
		if (spool == NULL)
			return FALSE;
	}
	self->delivery = delivery_new(g_steal_pointer(&sender), spool, &setup, error);
	return self->delivery != NULL;
}

static gpointer
remote_write_open(VmfcContext *context, const VmfcSchema *schema, GError **error)
{
	g_autoptr(GArray) labels = labels_new(context, error);

	if (labels == NULL)
		return NULL;
	RemoteWrite *self = g_new0(RemoteWrite, 1);
	open_metrics(self, schema, labels);
	if (open_delivery(self, context, error))
		return self;
	remote_write_free(self);
	return NULL;
}

/* ------------------------------------------------------------- records */

/* Empties the batch. */
static void
hand_over(RemoteWrite *self, guint n_records)
{
	const Amount amount = {n_records, vmfc_remote_batch_get_n_samples(self->batch)};
	g_autoptr(GBytes) body = vmfc_remote_batch_build_body(self->batch);

	vmfc_remote_batch_clear(self->batch);
	delivery_append(self->delivery, frame_new(g_steal_pointer(&body), &amount));
}

static gboolean
remote_write_write(gpointer data, const VmfcRecord *record, G_GNUC_UNUSED GError **error)
{
	RemoteWrite *self = data;

	vmfc_metrics_read(self->metrics, record, &self->values);
	self->last = vmfc_remote_milliseconds(vmfc_record_get_float(record, self->time_column));
	vmfc_remote_stream_add(self->stream, &self->values, self->last, self->batch);
	hand_over(self, 1);
	return TRUE;
}

/* The series end after the last record, also if the wall clock was set back after it. */
static void
end_series(RemoteWrite *self)
{
	gint64 now = g_get_real_time() / 1000;

	vmfc_remote_stream_end(self->stream, MAX(now, self->last + 1), self->batch);
	if (vmfc_remote_batch_get_n_samples(self->batch) > 0)
		hand_over(self, 0);
}

static gboolean
report(const RemoteWrite *self, const DeliveryResult *result, GError **error)
{
	Amount lost = {0};

	amount_add(&lost, &result->refused);
	amount_add(&lost, &result->dropped);
	amount_add(&lost, &result->left);
	amount_add(&lost, &result->damaged);
	if (result->kept.n_samples > 0)
		g_message("%" G_GUINT64_FORMAT " records (%" G_GUINT64_FORMAT
			  " samples) wait in the spool for the next run",
			  result->kept.n_records, result->kept.n_samples);
	g_message("%" G_GUINT64_FORMAT " records (%" G_GUINT64_FORMAT " samples) sent to %s in "
		  "%" G_GUINT64_FORMAT " requests, %.1f KiB",
		  result->sent.n_records + result->known.n_records,
		  result->sent.n_samples + result->known.n_samples, self->address,
		  result->n_requests, (gdouble)result->n_bytes / 1024);
	if (lost.n_samples == 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "%" G_GUINT64_FORMAT " records (%" G_GUINT64_FORMAT
		    " samples) are lost at %s: it refused %" G_GUINT64_FORMAT " (%" G_GUINT64_FORMAT
		    "), the queue was full for %" G_GUINT64_FORMAT " (%" G_GUINT64_FORMAT
		    "), it did not take %" G_GUINT64_FORMAT " (%" G_GUINT64_FORMAT
		    ") before the end, %" G_GUINT64_FORMAT " (%" G_GUINT64_FORMAT
		    ") were damaged in the spool",
		    lost.n_records, lost.n_samples, self->address, result->refused.n_records,
		    result->refused.n_samples, result->dropped.n_records, result->dropped.n_samples,
		    result->left.n_records, result->left.n_samples, result->damaged.n_records,
		    result->damaged.n_samples);
	return FALSE;
}

static gboolean
remote_write_close(gpointer data, GError **error)
{
	RemoteWrite *self = data;
	DeliveryResult result;

	end_series(self);
	delivery_end(self->delivery, &result);
	gboolean good = report(self, &result, error);
	remote_write_free(self);
	return good;
}

static const VmfcSink sink = {
	.open = remote_write_open,
	.write = remote_write_write,
	.close = remote_write_close,
};

const VmfcPlugin vmfc_plugin = {
	.abi_major = VMFC_ABI_MAJOR,
	.abi_minor = VMFC_ABI_MINOR,
	.name = "remote_write",
	.version = VMFC_VERSION,
	.license = "Apache-2.0",
	.summary = "records as samples for Prometheus, VictoriaMetrics or Mimir, by remote write",
	.options = options,
	.sink = &sink,
};
