/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "remote/remote-stream.h"

#include <string.h>

#include "record/record.h"
#include "remote/remote-pack.h"
#include "write.pb-c.h"

enum {
	WORKLOAD,
	LOAD,
	SWITCHES,
	N_COLUMNS,
};

static const VmfcColumn columns[N_COLUMNS] = {
	[WORKLOAD] = {"stress_workload", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING},
	[LOAD] = {"cpu_utilization", "percent", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT},
	[SWITCHES] = {"context_switches", "1", VMFC_KIND_COUNTER, VMFC_TYPE_INT},
};

typedef struct {
	VmfcSchema *schema;
	VmfcMetrics *metrics;
	VmfcMetricValues values;
	VmfcRemoteStream *stream;
	VmfcRemoteBatch *batch;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const VmfcRemoteLabel external[] = {{"instance", "vm-7"}, {"workload", "not"}};
	const VmfcMetricsSetup setup = {.version = "1.2", .run = "now", .node_name = "vm-7"};

	fixture->schema = vmfc_schema_new();
	for (guint i = 0; i < N_COLUMNS; i++)
		vmfc_schema_add(fixture->schema, "test", &columns[i], NULL);
	vmfc_schema_freeze(fixture->schema);
	fixture->metrics = vmfc_metrics_new(fixture->schema, &setup);
	vmfc_metric_values_init(&fixture->values, fixture->metrics->sources->len,
				fixture->metrics->texts->len);
	fixture->stream = vmfc_remote_stream_new(fixture->metrics, external,
						 G_N_ELEMENTS(external));
	fixture->batch = vmfc_remote_batch_new();
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_remote_batch_free(fixture->batch);
	vmfc_remote_stream_free(fixture->stream);
	vmfc_metric_values_clear(&fixture->values);
	vmfc_metrics_free(fixture->metrics);
	vmfc_schema_free(fixture->schema);
}

/* Sets a record with these values; NaN: missing */
static void
add(Fixture *fixture, const gchar *workload, gdouble load, gint64 milliseconds)
{
	/* the first one counts the records, which vmfc_metrics_read() does */
	fixture->values.numbers[1] = (VmfcMetricValue){load >= 0, FALSE, .d = load};
	fixture->values.numbers[2] = (VmfcMetricValue){TRUE, TRUE, .i = G_GINT64_CONSTANT(1) << 40};
	g_strlcpy(vmfc_metric_values_get_text(&fixture->values, 0), workload, VMFC_STRING_SIZE);
	vmfc_remote_stream_add(fixture->stream, &fixture->values, milliseconds, fixture->batch);
}

/* The batch as lines of text, and empties it. */
static gchar *
show(Fixture *fixture)
{
	g_autoptr(GByteArray) message = g_byte_array_new();
	GString *text = g_string_new(NULL);

	vmfc_remote_batch_append_message(fixture->batch, message);
	vmfc_remote_batch_clear(fixture->batch);
	Vmfc__Remote__WriteRequest *request = vmfc__remote__write_request__unpack(
		NULL, message->len, message->data);
	for (gsize i = 0; i < request->n_timeseries; i++) {
		const Vmfc__Remote__TimeSeries *series = request->timeseries[i];
		for (gsize j = 0; j < series->n_labels; j++)
			g_string_append_printf(text, "%s=%s ", series->labels[j]->name,
					       series->labels[j]->value);
		for (gsize j = 0; j < series->n_samples; j++)
			g_string_append_printf(text, " %.17g@%d", series->samples[j]->value,
					       (int)series->samples[j]->timestamp);
		g_string_append_c(text, '\n');
	}
	vmfc__remote__write_request__free_unpacked(request, NULL);
	return g_string_free(text, FALSE);
}

#define NAME		"__name__="
#define LOAD_SERIES	NAME "vmfc_cpu_utilization_ratio instance=vm-7 workload=not "
#define SWITCHES_SERIES NAME "vmfc_context_switches_total instance=vm-7 workload=not "

static void
test_records(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	add(fixture, "none", 50, 1000);
	add(fixture, "none", 25, 1500);
	g_autofree gchar *text = show(fixture);
	g_assert_cmpstr(text, ==,
			NAME
			"vmfc_run_info instance=vm-7 run=now version=1.2 workload=none  1@1000 "
			"1@1500\n" LOAD_SERIES " 0.5@1000 0.25@1500\n" SWITCHES_SERIES
			" 1099511627776@1000 1099511627776@1500\n");
}

static void
test_stale(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	add(fixture, "none", 50, 1000);
	g_free(show(fixture));
	add(fixture, "prime", -1, 2000);
	g_autofree gchar *changed = show(fixture);
	g_assert_cmpstr(changed, ==,
			NAME "vmfc_run_info instance=vm-7 run=now version=1.2 workload=none  "
			     "nan@2000\n" NAME
			     "vmfc_run_info instance=vm-7 run=now version=1.2 workload=prime  "
			     "1@2000\n" LOAD_SERIES " nan@2000\n" SWITCHES_SERIES
			     " 1099511627776@2000\n");
	/* only what was there before ends */
	vmfc_remote_stream_end(fixture->stream, 3000, fixture->batch);
	g_autofree gchar *ended = show(fixture);
	g_assert_cmpstr(ended, ==,
			NAME "vmfc_run_info instance=vm-7 run=now version=1.2 workload=prime  "
			     "nan@3000\n" SWITCHES_SERIES " nan@3000\n");
	vmfc_remote_stream_end(fixture->stream, 4000, fixture->batch);
	g_assert_cmpuint(vmfc_remote_batch_get_n_samples(fixture->batch), ==, 0);
}

static void
test_milliseconds(void)
{
	g_assert_cmpint(vmfc_remote_milliseconds(1764302400.123456), ==,
			G_GINT64_CONSTANT(1764302400123));
	g_assert_cmpint(vmfc_remote_milliseconds(1764302400.9996), ==,
			G_GINT64_CONSTANT(1764302401000));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/remote-stream/records", Fixture, NULL, set_up, test_records, tear_down);
	g_test_add("/remote-stream/stale", Fixture, NULL, set_up, test_stale, tear_down);
	g_test_add_func("/remote-stream/milliseconds", test_milliseconds);
	return g_test_run();
}
