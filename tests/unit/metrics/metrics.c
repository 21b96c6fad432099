/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "metrics/metrics.h"

#include <string.h>

#include "metrics/estimate-name.h"
#include "metrics/exposition.h"
#include "metrics/metric-name.h"
#include "record/record.h"

enum {
	HOSTNAME,
	WORKLOAD,
	LOAD,
	SWITCHES,
	READ,
	WATTS,
	LOW,
	JOULES,
	IN_RANGE,
	MODEL,
	ZONES,
	N_COLUMNS,
};

static const VmfcColumn columns[N_COLUMNS] = {
	[HOSTNAME] = {"vm_hostname", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING},
	[WORKLOAD] = {"stress_workload", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING},
	[LOAD] = {"cpu_utilization", "percent", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT,
		  .description = "a back\\slash, a \"quote\" and\na line"},
	[SWITCHES] = {"context_switches", "1", VMFC_KIND_COUNTER, VMFC_TYPE_INT,
		      .description = "context switches"},
	[READ] = {"disk_io_read_mb", "MiB", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT,
		  .description = "read"},
	[WATTS] = {"estimated_watts_package", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT},
	[LOW] = {"estimated_watts_package_low", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT},
	[JOULES] = {"estimated_joules_package", "J", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT},
	[IN_RANGE] = {"estimate_in_range", "", VMFC_KIND_GAUGE, VMFC_TYPE_BOOL},
	[MODEL] = {"estimate_model", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING},
	[ZONES] = {"target_zones", "", VMFC_KIND_LABEL, VMFC_TYPE_STRINGS},
};

typedef struct {
	VmfcSchema *schema;
	VmfcRow *row;
	VmfcBaseline *baseline;
	VmfcRecord record;
	VmfcMetrics *metrics;
	VmfcMetricValues values;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer data)
{
	const VmfcMetricsSetup setup = {
		.version = "1.2",
		.run = "now",
		.kepler_names = data != NULL,
		.node_name = "node",
	};

	fixture->schema = vmfc_schema_new();
	for (guint i = 0; i < N_COLUMNS; i++)
		g_assert_nonnull(vmfc_schema_add(fixture->schema, "test", &columns[i], NULL));
	vmfc_schema_freeze(fixture->schema);
	fixture->row = vmfc_row_new(fixture->schema);
	fixture->baseline = vmfc_baseline_new(fixture->schema);
	fixture->record = (VmfcRecord){
		.schema = fixture->schema,
		.n_columns = N_COLUMNS,
		.n_readable = N_COLUMNS,
		.row = fixture->row,
		.baseline = fixture->baseline,
	};
	fixture->metrics = vmfc_metrics_new(fixture->schema, &setup);
	vmfc_metric_values_init(&fixture->values, fixture->metrics->sources->len,
				fixture->metrics->texts->len);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_metric_values_clear(&fixture->values);
	vmfc_metrics_free(fixture->metrics);
	vmfc_baseline_free(fixture->baseline);
	vmfc_row_free(fixture->row);
	vmfc_schema_free(fixture->schema);
}

/* The next window begins. */
static void
next_window(Fixture *fixture)
{
	vmfc_baseline_advance(fixture->baseline, fixture->row, fixture->schema, FALSE);
	vmfc_row_clear(fixture->row, fixture->schema);
}

/* Returns: (transfer full): the page after the record */
static gchar *
read_page(Fixture *fixture, VmfcExposition format)
{
	GString *text = g_string_new(NULL);

	vmfc_metrics_read(fixture->metrics, &fixture->record, &fixture->values);
	vmfc_exposition_append(text, fixture->metrics, &fixture->values, format);
	return g_string_free(text, FALSE);
}

static gboolean
page_has(Fixture *fixture, const gchar *line)
{
	g_autofree gchar *text = read_page(fixture, VMFC_EXPOSITION_TEXT);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	return g_strv_contains((const gchar *const *)lines, line);
}

/* --------------------------------------------------------------- names */

static void
test_names(void)
{
	static const struct {
		const gchar *column;
		const gchar *unit;
		VmfcKind kind;
		const gchar *family;
		const gchar *base;
	} cases[] = {
		{"cpu_utilization", "percent", VMFC_KIND_GAUGE, "vmfc_cpu_utilization_ratio",
		 "ratio"},
		{"memory_usage_percent", "percent", VMFC_KIND_GAUGE, "vmfc_memory_usage_ratio",
		 "ratio"},
		{"memory_available_gb", "GiB", VMFC_KIND_GAUGE, "vmfc_memory_available_bytes",
		 "bytes"},
		{"context_switches", "1", VMFC_KIND_COUNTER, "vmfc_context_switches", ""},
		{"process_count", "1", VMFC_KIND_GAUGE, "vmfc_processes", ""},
		{"processes_created", "1", VMFC_KIND_COUNTER, "vmfc_processes_created", ""},
		{"core_count", "1", VMFC_KIND_GAUGE, "vmfc_cores", ""},
		{"disk_io_read_mb", "MiB", VMFC_KIND_COUNTER, "vmfc_disk_io_read_bytes", "bytes"},
		{"network_bytes_sent", "bytes", VMFC_KIND_COUNTER, "vmfc_network_sent_bytes",
		 "bytes"},
		{"node_process_cpu_seconds_total", "s", VMFC_KIND_GAUGE,
		 "vmfc_node_process_cpu_seconds", "seconds"},
		{"node_process_cpu_seconds_rate", "s/s", VMFC_KIND_GAUGE,
		 "vmfc_node_process_cpu_seconds_rate", ""},
		{"kepler_vm_cpu_joules_package", "J", VMFC_KIND_GAUGE,
		 "vmfc_kepler_vm_cpu_package_joules", "joules"},
		{"tick_lateness_us", "us", VMFC_KIND_GAUGE, "vmfc_tick_lateness_seconds",
		 "seconds"},
		{"cache_miss_ratio", "1", VMFC_KIND_GAUGE, "vmfc_cache_miss_ratio", "ratio"},
		{"us", "us", VMFC_KIND_GAUGE, "vmfc_us_seconds", "seconds"},
		{"bus_load", "us", VMFC_KIND_GAUGE, "vmfc_bus_load_seconds", "seconds"},
		{"total", "1", VMFC_KIND_GAUGE, "vmfc_total", ""},
		{"byte_sum", "1", VMFC_KIND_GAUGE, "vmfc_byte_sums", ""},
		{"flux", "T", VMFC_KIND_GAUGE, "vmfc_flux", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const VmfcColumn column = {cases[i].column, cases[i].unit, cases[i].kind,
					   VMFC_TYPE_FLOAT};
		g_auto(VmfcMetricName) name = {0};
		vmfc_metric_name_init(&name, &column);
		g_assert_cmpstr(name.family, ==, cases[i].family);
		g_assert_cmpstr(name.unit, ==, cases[i].base);
	}
}

/* A value in the unit of its column, and in the base unit. */
static void
test_units(void)
{
	static const struct {
		const gchar *unit;
		gdouble value;
		gdouble base;
	} cases[] = {
		{"percent", 50, 0.5}, {"GiB", 2, 2147483648.0},
		{"MiB", 3, 3145728},  {"KiB", 5, 5120},
		{"bytes", 7, 7},      {"s", 1.5, 1.5},
		{"ms", 250, 0.25},    {"us", 125, 0.000125},
		{"ns", 5e8, 0.5},     {"W", 12, 12},
		{"J", 13, 13},	      {"Hz", 2e9, 2e9},
		{"T", 8, 8},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const VmfcColumn column = {"a", cases[i].unit, VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT};
		const VmfcMetricValues values = {
			.numbers = &(VmfcMetricValue){TRUE, FALSE, .d = cases[i].value}};
		VmfcMetricValue value;
		g_auto(VmfcMetricName) name = {0};
		vmfc_metric_name_init(&name, &column);
		const VmfcMetricSeries series = {.multiplier = name.multiplier,
						 .divisor = name.divisor};
		g_assert_true(vmfc_metric_series_get(&series, &values, &value));
		g_assert_cmpfloat(value.d, ==, cases[i].base);
	}
}

/* The names that labels of all series must not have are those that some series have. */
static void
test_own_labels(void)
{
	static const gchar *const own[] = {"version", "run",   "hostname", "workload",
					   "phase",   "model", "zone"};
	static const gchar *const others[] = {"", "job", "instance", "vm_id", "path", "zones"};

	for (guint i = 0; i < G_N_ELEMENTS(own); i++)
		g_assert_true(vmfc_metrics_own_label(own[i]));
	for (guint i = 0; i < G_N_ELEMENTS(others); i++)
		g_assert_false(vmfc_metrics_own_label(others[i]));
}

static void
test_estimate_names(void)
{
	static const struct {
		const gchar *column;
		const gchar *unit;
		VmfcEstimate estimate;
		const gchar *zone;
	} cases[] = {
		{"estimated_watts_package", "W", VMFC_ESTIMATE_WATTS, "package"},
		{"estimated_watts_package_low", "W", VMFC_ESTIMATE_LOW, "package"},
		{"estimated_watts_package_high", "W", VMFC_ESTIMATE_HIGH, "package"},
		{"estimated_watts_low", "W", VMFC_ESTIMATE_WATTS, "low"},
		{"estimated_joules_core", "J", VMFC_ESTIMATE_JOULES, "core"},
		{"estimated_joules_core", "W", VMFC_NO_ESTIMATE, NULL},
		{"estimated_watts_", "W", VMFC_NO_ESTIMATE, NULL},
		{"estimate_in_range", "", VMFC_ESTIMATE_IN_RANGE, NULL},
		{"estimate_in_range_of", "", VMFC_NO_ESTIMATE, NULL},
		{"estimate_missing_seconds", "s", VMFC_ESTIMATE_MISSING_SECONDS, NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const VmfcColumn column = {cases[i].column, cases[i].unit, VMFC_KIND_GAUGE,
					   VMFC_TYPE_FLOAT};
		g_autofree gchar *zone = NULL;
		g_assert_cmpint(vmfc_estimate_name_parse(&column, &zone), ==, cases[i].estimate);
		g_assert_cmpstr(zone, ==, cases[i].zone);
	}
}

/* Two columns whose names differ in the unit alone. */
static void
test_taken_name(void)
{
	static const VmfcColumn both[] = {
		{"free_mb", "MiB", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT},
		{"free_gb", "GiB", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT},
		/* vmfc has a metric of that name */
		{"records", "", VMFC_KIND_COUNTER, VMFC_TYPE_INT},
		/* the name of the second one is taken with its unit as well */
		{"free_kb_bytes", "bytes", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT},
		{"free_kb", "KiB", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT},
	};
	const VmfcMetricsSetup setup = {.version = "1", .run = "now"};
	g_autoptr(VmfcSchema) schema = vmfc_schema_new();

	for (guint i = 0; i < G_N_ELEMENTS(both); i++)
		g_assert_nonnull(vmfc_schema_add(schema, "test", &both[i], NULL));
	vmfc_schema_freeze(schema);
	g_autoptr(VmfcMetrics) metrics = vmfc_metrics_new(schema, &setup);
	g_assert_cmpuint(metrics->families->len, ==, 5);
	const VmfcMetricFamily *records = metrics->families->pdata[1];
	const VmfcMetricFamily *first = metrics->families->pdata[2];
	const VmfcMetricFamily *second = metrics->families->pdata[3];
	g_assert_cmpstr(records->name, ==, "vmfc_records");
	g_assert_cmpstr(first->name, ==, "vmfc_free_bytes");
	g_assert_cmpstr(second->name, ==, "vmfc_free_gb_bytes");
}

/* ---------------------------------------------------------------- text */

static void
set_record(Fixture *fixture, gint64 switches, gdouble joules)
{
	VmfcRecord *record = &fixture->record;

	vmfc_record_set_string(record, HOSTNAME, "a \"host\"\n\\");
	vmfc_record_set_string(record, WORKLOAD, "none");
	vmfc_record_set_float(record, LOAD, 12.5);
	vmfc_record_set_int(record, SWITCHES, switches);
	vmfc_record_set_float(record, READ, 0.5);
	vmfc_record_set_float(record, WATTS, 20.25);
	vmfc_record_set_float(record, JOULES, joules);
	vmfc_record_set_bool(record, IN_RANGE, TRUE);
	vmfc_record_set_string(record, MODEL, "0123456789ab");
}

static const gchar text_page[] =
	"# HELP vmfc_run_info what runs: vmfc, the run, and the workload of the window\n"
	"# TYPE vmfc_run_info gauge\n"
	"vmfc_run_info{version=\"1.2\",run=\"now\",hostname=\"a \\\"host\\\"\\n\\\\\","
	"workload=\"none\"} 1\n"
	"# HELP vmfc_records_total records since the run began\n"
	"# TYPE vmfc_records_total counter\n"
	"vmfc_records_total 1\n"
	"# HELP vmfc_cpu_utilization_ratio a back\\\\slash, a \"quote\" and\\na line "
	"(column cpu_utilization, here as a ratio)\n"
	"# TYPE vmfc_cpu_utilization_ratio gauge\n"
	"vmfc_cpu_utilization_ratio 0.125\n"
	"# HELP vmfc_context_switches_total context switches\n"
	"# TYPE vmfc_context_switches_total counter\n"
	"vmfc_context_switches_total 7\n"
	"# HELP vmfc_disk_io_read_bytes_total read (column disk_io_read_mb, here in bytes)\n"
	"# TYPE vmfc_disk_io_read_bytes_total counter\n"
	"vmfc_disk_io_read_bytes_total 0.0\n";

static const gchar open_page[] =
	"# HELP vmfc_cpu_utilization_ratio a back\\\\slash, a \\\"quote\\\" and\\na line "
	"(column cpu_utilization, here as a ratio)\n"
	"# TYPE vmfc_cpu_utilization_ratio gauge\n"
	"# UNIT vmfc_cpu_utilization_ratio ratio\n"
	"vmfc_cpu_utilization_ratio 0.125\n"
	"# HELP vmfc_context_switches context switches\n"
	"# TYPE vmfc_context_switches counter\n"
	"vmfc_context_switches_total 7\n";

static void
test_page(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	set_record(fixture, 100, 5);
	next_window(fixture);
	set_record(fixture, 107, 9.5);
	g_autofree gchar *text = read_page(fixture, VMFC_EXPOSITION_TEXT);
	g_assert_true(g_str_has_prefix(text, text_page));
	g_assert_nonnull(strstr(text, "\nvmfc_power_watts{zone=\"package\"} 20.25\n"));
	g_assert_nonnull(strstr(text, "\nvmfc_energy_joules_total{zone=\"package\"} 4.5\n"));
	g_assert_nonnull(strstr(text, "\nvmfc_power_in_range{zone=\"package\"} 1\n"));
	g_assert_nonnull(strstr(text, "\nvmfc_model_info{model=\"0123456789ab\"} 1\n"));
	g_assert_null(strstr(text, "low"));
	g_assert_null(strstr(text, "kepler"));
	g_assert_null(strstr(text, "target_zones"));
}

static void
test_open_metrics(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	set_record(fixture, 100, 5);
	next_window(fixture);
	set_record(fixture, 107, 9.5);
	g_autofree gchar *text = read_page(fixture, VMFC_EXPOSITION_OPENMETRICS);
	g_assert_nonnull(strstr(text, open_page));
	g_assert_nonnull(strstr(text, "# TYPE vmfc_run info\nvmfc_run_info{"));
	g_assert_true(g_str_has_suffix(text, "\n# EOF\n"));
}

static void
test_kepler_names(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	set_record(fixture, 100, 5);
	next_window(fixture);
	set_record(fixture, 107, 9.5);
	g_assert_true(page_has(fixture, "kepler_node_cpu_watts{zone=\"package\",path=\"estimate\","
					"node_name=\"node\",source=\"vmfc_estimate\"} 20.25"));
	next_window(fixture);
	set_record(fixture, 107, 19.5);
	g_assert_true(page_has(fixture, "kepler_node_cpu_joules_total{zone=\"package\","
					"path=\"estimate\",node_name=\"node\","
					"source=\"vmfc_estimate\"} 14.5"));
}

/* ------------------------------------------------------------ counters */

/* A total that jumps because it counts something else is no growth. */
static void
test_counters(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gint64 total; /* negative: not read */
		gboolean restarts;
		const gchar *line;
	} steps[] = {
		{1000, FALSE, "vmfc_context_switches_total 0"},
		{1007, FALSE, "vmfc_context_switches_total 7"},
		{900, FALSE, NULL},
		{901, FALSE, "vmfc_context_switches_total 8"},
		{5000, TRUE, NULL},
		{5002, FALSE, "vmfc_context_switches_total 10"},
		{-1, FALSE, NULL},
		{5010, FALSE, NULL},
		{5011, FALSE, "vmfc_context_switches_total 11"},
	};

	vmfc_record_set_int(&fixture->record, SWITCHES, 1000);
	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		next_window(fixture);
		if (steps[i].total >= 0)
			vmfc_record_set_int(&fixture->record, SWITCHES, steps[i].total);
		if (steps[i].restarts)
			vmfc_record_restart(&fixture->record, SWITCHES);
		g_autofree gchar *text = read_page(fixture, VMFC_EXPOSITION_TEXT);
		if (steps[i].line != NULL)
			g_assert_nonnull(strstr(text, steps[i].line));
		else
			g_assert_null(strstr(text, "context_switches"));
	}
}

/* Of two zones each has its own values; what belongs to no zone is said of each. */
static void
test_zones(void)
{
	static const VmfcColumn both[] = {
		{"estimated_watts_core", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT},
		{"estimated_watts_dram", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT},
		{"estimated_watts_dram_high", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT},
		{"estimate_missing_seconds", "s", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT},
	};
	const VmfcMetricsSetup setup = {.version = "1", .run = "now"};
	g_autoptr(VmfcSchema) schema = vmfc_schema_new();
	g_autoptr(GString) text = g_string_new(NULL);
	VmfcMetricValues values;

	for (guint i = 0; i < G_N_ELEMENTS(both); i++)
		g_assert_nonnull(vmfc_schema_add(schema, "test", &both[i], NULL));
	vmfc_schema_freeze(schema);
	g_autoptr(VmfcMetrics) metrics = vmfc_metrics_new(schema, &setup);
	vmfc_metric_values_init(&values, metrics->sources->len, metrics->texts->len);
	for (guint i = 0; i <= G_N_ELEMENTS(both); i++)
		values.numbers[i] = (VmfcMetricValue){TRUE, TRUE, .i = i};
	vmfc_exposition_append(text, metrics, &values, VMFC_EXPOSITION_TEXT);
	g_assert_nonnull(strstr(text->str, "\nvmfc_power_watts{zone=\"core\"} 1\n"
					   "vmfc_power_watts{zone=\"dram\"} 2\n"));
	g_assert_nonnull(strstr(text->str, "\nvmfc_power_high_watts{zone=\"dram\"} 3\n"));
	g_assert_nonnull(strstr(text->str, "# TYPE vmfc_power_missing_seconds_total counter\n"
					   "vmfc_power_missing_seconds_total{zone=\"core\"} 4\n"
					   "vmfc_power_missing_seconds_total{zone=\"dram\"} 4\n"));
	vmfc_metric_values_clear(&values);
}

/* A text or a number of the record before is not that of this one. */
static void
test_not_kept(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	set_record(fixture, 100, 5);
	next_window(fixture);
	set_record(fixture, 107, 9.5);
	g_free(read_page(fixture, VMFC_EXPOSITION_TEXT));
	next_window(fixture);
	g_autofree gchar *text = read_page(fixture, VMFC_EXPOSITION_TEXT);
	g_assert_nonnull(strstr(text, "\nvmfc_run_info{version=\"1.2\",run=\"now\"} 1\n"));
	g_assert_nonnull(strstr(text, "\nvmfc_records_total 2\n"));
	g_assert_null(strstr(text, "vmfc_model_info"));
	g_assert_null(strstr(text, "vmfc_power"));
}

/* A copy has all that the page needs, and does not follow. */
static void
test_copy(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GString) copied = g_string_new(NULL);
	VmfcMetricValues copy;

	vmfc_metric_values_init(&copy, fixture->values.n_numbers, fixture->values.n_texts);
	set_record(fixture, 100, 5);
	g_autofree gchar *text = read_page(fixture, VMFC_EXPOSITION_OPENMETRICS);
	vmfc_metric_values_copy(&copy, &fixture->values);
	next_window(fixture);
	g_free(read_page(fixture, VMFC_EXPOSITION_OPENMETRICS));
	vmfc_exposition_append(copied, fixture->metrics, &copy, VMFC_EXPOSITION_OPENMETRICS);
	g_assert_cmpstr(copied->str, ==, text);
	vmfc_metric_values_clear(&copy);
}

static void
test_empty(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *text = read_page(fixture, VMFC_EXPOSITION_TEXT);
	g_assert_nonnull(strstr(text, "\nvmfc_run_info{version=\"1.2\",run=\"now\"} 1\n"));
	g_assert_null(strstr(text, "model"));
	g_assert_null(strstr(text, "vmfc_cpu"));
}

#define ADD(path, data, test) g_test_add(path, Fixture, data, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/metrics/names", test_names);
	g_test_add_func("/metrics/units", test_units);
	g_test_add_func("/metrics/own-labels", test_own_labels);
	g_test_add_func("/metrics/estimate-names", test_estimate_names);
	g_test_add_func("/metrics/taken-name", test_taken_name);
	g_test_add_func("/metrics/zones", test_zones);
	ADD("/metrics/page", NULL, test_page);
	ADD("/metrics/open-metrics", NULL, test_open_metrics);
	ADD("/metrics/kepler-names", "names", test_kepler_names);
	ADD("/metrics/counters", NULL, test_counters);
	ADD("/metrics/not-kept", NULL, test_not_kept);
	ADD("/metrics/copy", NULL, test_copy);
	ADD("/metrics/empty", NULL, test_empty);
	return g_test_run();
}
