/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "metrics/metrics.h"

#include <string.h>

#include "metrics/estimate-name.h"
#include "metrics/metric-name.h"

/* Kepler's label `source` says what measured; this says that nothing did. */
#define KEPLER_SOURCE "vmfc_estimate"
#define KEPLER_PATH   "estimate"

/* The labels that tell vmfc's own series apart, or are what they say. */
enum {
	LABEL_VERSION,
	LABEL_RUN,
	LABEL_HOSTNAME,
	LABEL_WORKLOAD,
	LABEL_PHASE,
	LABEL_MODEL,
	LABEL_ZONE,
	N_LABELS,
};

static const gchar *const own_labels[N_LABELS] = {
	[LABEL_VERSION] = "version",   [LABEL_RUN] = "run",	[LABEL_HOSTNAME] = "hostname",
	[LABEL_WORKLOAD] = "workload", [LABEL_PHASE] = "phase", [LABEL_MODEL] = "model",
	[LABEL_ZONE] = "zone",
};

/* Columns whose texts are labels of vmfc_run_info. The names of labels are shorter. */
static const struct {
	const gchar *column;
	guint label;
} run_labels[] = {
	{"vm_hostname", LABEL_HOSTNAME},
	{"stress_workload", LABEL_WORKLOAD},
	{"stress_phase", LABEL_PHASE},
};

/* Metrics of estimated power: for each zone one series. */
static const struct {
	const gchar *name;
	const gchar *unit;
	const gchar *help;
	const gchar *kepler; /* what Kepler calls it; NULL: it has no such metric */
} estimates[VMFC_ESTIMATE_MODEL] = {
	[VMFC_ESTIMATE_WATTS] = {"vmfc_power_watts", "watts",
				 "estimated mean power of this machine in the window, by a model",
				 "kepler_node_cpu_watts"},
	[VMFC_ESTIMATE_LOW] = {"vmfc_power_low_watts", "watts",
			       "lower end of the interval of the estimated power", NULL},
	[VMFC_ESTIMATE_HIGH] = {"vmfc_power_high_watts", "watts",
				"upper end of the interval of the estimated power", NULL},
	[VMFC_ESTIMATE_JOULES] = {"vmfc_energy_joules", "joules",
				  "estimated energy of this machine since the run began, without "
				  "the windows that have no estimate",
				  "kepler_node_cpu_joules"},
	[VMFC_ESTIMATE_MISSING_SECONDS] = {"vmfc_power_missing_seconds", "seconds",
					   "length of the windows without an estimate", NULL},
	[VMFC_ESTIMATE_IN_RANGE] = {"vmfc_power_in_range", "",
				    "whether machine and features are within what the model was "
				    "trained on: 1, or 0",
				    NULL},
};

static void
label_clear(VmfcMetricLabel *label)
{
	g_free(label->value);
}

static void
series_free(VmfcMetricSeries *series)
{
	g_array_unref(series->labels);
	g_free(series);
}

static void
family_free(VmfcMetricFamily *family)
{
	g_ptr_array_unref(family->series);
	g_free(family->name);
	g_free(family->help);
	g_free(family);
}

/* ------------------------------------------------------------ building */

typedef struct {
	const VmfcSchema *schema;
	const VmfcMetricsSetup *setup;
	VmfcMetrics *metrics;
	GPtrArray *zones; /* of the estimated power, in the order of the columns */
} Builder;

/*
 * Whether vmfc's own series, of this run or of another one, have a label of that name. Whoever adds
 * labels to all series must not take it: some series would have theirs, and others the added one.
 */
gboolean
vmfc_metrics_own_label(const gchar *name)
{
	for (guint i = 0; i < N_LABELS; i++) {
		if (g_str_equal(own_labels[i], name))
			return TRUE;
	}
	return FALSE;
}

/* Returns: (nullable) (transfer none) */
VmfcMetricFamily *
vmfc_metrics_find_family(const VmfcMetrics *metrics, const gchar *name)
{
	for (guint i = 0; i < metrics->families->len; i++) {
		VmfcMetricFamily *family = metrics->families->pdata[i];
		if (g_str_equal(family->name, name))
			return family;
	}
	return NULL;
}

static VmfcMetricFamily *
add_family(VmfcMetrics *metrics, const gchar *name, const gchar *unit, const gchar *help,
	   VmfcMetricType type)
{
	VmfcMetricFamily *family = g_new0(VmfcMetricFamily, 1);

	family->name = g_strdup(name);
	family->unit = unit;
	family->help = g_strdup(help);
	family->type = type;
	family->series = g_ptr_array_new_with_free_func((GDestroyNotify)series_free);
	g_ptr_array_add(metrics->families, family);
	return family;
}

/* @number: index of the value; G_MAXUINT: an info */
static VmfcMetricSeries *
add_series(VmfcMetricFamily *family, guint number)
{
	VmfcMetricSeries *series = g_new0(VmfcMetricSeries, 1);

	series->labels = g_array_new(FALSE, FALSE, sizeof(VmfcMetricLabel));
	g_array_set_clear_func(series->labels, (GDestroyNotify)label_clear);
	series->number = number;
	series->multiplier = 1;
	series->divisor = 1;
	g_ptr_array_add(family->series, series);
	return series;
}

static void
add_label(VmfcMetricSeries *series, const gchar *name, const gchar *value)
{
	const VmfcMetricLabel label = {name, g_strdup(value != NULL ? value : ""), 0};
	g_array_append_val(series->labels, label);
}

/* Adds the text of a column as a label, if the schema has that column. */
static gboolean
add_text_label(Builder *builder, VmfcMetricSeries *series, const gchar *name, const gchar *column)
{
	VmfcMetrics *metrics = builder->metrics;

	for (guint i = 0; i < vmfc_schema_get_n_columns(builder->schema); i++) {
		const VmfcColumn *candidate = vmfc_schema_get_column(builder->schema, i);
		if (candidate->type != VMFC_TYPE_STRING || !g_str_equal(candidate->name, column))
			continue;
		const VmfcMetricLabel label = {name, NULL, metrics->texts->len};
		g_array_append_val(series->labels, label);
		g_array_append_val(metrics->texts, i);
		return TRUE;
	}
	return FALSE;
}

static void
add_run_info(Builder *builder)
{
	VmfcMetricFamily *family = add_family(builder->metrics, "vmfc_run", "",
					      "what runs: vmfc, the run, and the workload of the "
					      "window",
					      VMFC_METRIC_INFO);
	VmfcMetricSeries *series = add_series(family, G_MAXUINT);

	add_label(series, own_labels[LABEL_VERSION], builder->setup->version);
	add_label(series, own_labels[LABEL_RUN], builder->setup->run);
	for (guint i = 0; i < G_N_ELEMENTS(run_labels); i++)
		add_text_label(builder, series, own_labels[run_labels[i].label],
			       run_labels[i].column);
}

static void
add_model_info(Builder *builder, const gchar *column)
{
	VmfcMetricFamily *family = add_family(builder->metrics, "vmfc_model", "",
					      "the model that estimates power: the first digits of "
					      "its SHA-256",
					      VMFC_METRIC_INFO);
	add_text_label(builder, add_series(family, G_MAXUINT), own_labels[LABEL_MODEL], column);
}

/* Returns: the index of the value that the column gives */
static guint
add_source(Builder *builder, guint index)
{
	GArray *sources = builder->metrics->sources;
	const VmfcColumn *column = vmfc_schema_get_column(builder->schema, index);
	const VmfcMetricSource source = {
		.column = index,
		.type = column->type,
		.is_counter = column->kind == VMFC_KIND_COUNTER,
		.total = {.present = TRUE, .is_int = column->type == VMFC_TYPE_INT},
	};

	g_array_append_val(sources, source);
	return sources->len - 1;
}

/*
 * A receiver that has each record sees by it whether one is missing, and whether a run is a new
 * one.
 */
static void
add_records(Builder *builder)
{
	VmfcMetrics *metrics = builder->metrics;
	const VmfcMetricSource source = {
		.column = VMFC_NO_COLUMN,
		.type = VMFC_TYPE_INT,
		.is_counter = TRUE,
		.total = {.present = TRUE, .is_int = TRUE},
	};

	g_array_append_val(metrics->sources, source);
	add_series(add_family(metrics, "vmfc_records", "", "records since the run began",
			      VMFC_METRIC_COUNTER),
		   metrics->sources->len - 1);
}

/* The description is of the column's unit. */
static gchar *
build_help(const VmfcColumn *column, const VmfcMetricName *name)
{
	if (name->multiplier == 1 && name->divisor == 1)
		return g_strdup(column->description);
	return g_strdup_printf("%s (column %s, here %s%s)", column->description, column->name,
			       g_str_equal(name->unit, "ratio") ? "as a " : "in ", name->unit);
}

/* A column whose name is taken even with its unit is left out: two series cannot be told apart. */
static void
add_by_rule(Builder *builder, guint index)
{
	const VmfcColumn *column = vmfc_schema_get_column(builder->schema, index);
	g_auto(VmfcMetricName) name = {0};

	vmfc_metric_name_init(&name, column);
	if (vmfc_metrics_find_family(builder->metrics, name.family) != NULL) {
		vmfc_metric_name_clear(&name);
		vmfc_metric_name_init_whole(&name, column);
	}
	if (vmfc_metrics_find_family(builder->metrics, name.family) != NULL)
		return;
	g_autofree gchar *help = build_help(column, &name);
	VmfcMetricFamily *family = add_family(builder->metrics, name.family, name.unit, help,
					      name.is_counter ? VMFC_METRIC_COUNTER
							      : VMFC_METRIC_GAUGE);
	VmfcMetricSeries *series = add_series(family, add_source(builder, index));
	series->multiplier = name.multiplier;
	series->divisor = name.divisor;
}

static VmfcMetricFamily *
find_or_add_estimate(Builder *builder, VmfcEstimate estimate, const gchar *name)
{
	gboolean is_counter = estimate == VMFC_ESTIMATE_JOULES ||
			      estimate == VMFC_ESTIMATE_MISSING_SECONDS;
	VmfcMetricFamily *family = vmfc_metrics_find_family(builder->metrics, name);

	if (family != NULL)
		return family;
	return add_family(builder->metrics, name, estimates[estimate].unit,
			  estimates[estimate].help,
			  is_counter ? VMFC_METRIC_COUNTER : VMFC_METRIC_GAUGE);
}

static void
add_estimate(Builder *builder, VmfcEstimate estimate, guint number, const gchar *zone)
{
	VmfcMetricFamily *family = find_or_add_estimate(builder, estimate,
							estimates[estimate].name);

	add_label(add_series(family, number), own_labels[LABEL_ZONE], zone);
	if (!builder->setup->kepler_names || estimates[estimate].kepler == NULL)
		return;
	family = find_or_add_estimate(builder, estimate, estimates[estimate].kepler);
	VmfcMetricSeries *series = add_series(family, number);
	add_label(series, own_labels[LABEL_ZONE], zone);
	add_label(series, "path", KEPLER_PATH);
	add_label(series, "node_name", builder->setup->node_name);
	add_label(series, "source", KEPLER_SOURCE);
}

/* Returns: whether the column is one of the estimated power */
static gboolean
add_if_estimate(Builder *builder, guint index)
{
	const VmfcColumn *column = vmfc_schema_get_column(builder->schema, index);
	g_autofree gchar *zone = NULL;
	VmfcEstimate estimate = vmfc_estimate_name_parse(column, &zone);

	if (estimate == VMFC_ESTIMATE_MODEL && column->type == VMFC_TYPE_STRING) {
		add_model_info(builder, column->name);
		return TRUE;
	}
	if (estimate >= VMFC_ESTIMATE_MODEL || (zone == NULL && builder->zones->len == 0))
		return FALSE;
	guint number = add_source(builder, index);
	if (zone != NULL)
		add_estimate(builder, estimate, number, zone);
	for (guint i = 0; zone == NULL && i < builder->zones->len; i++)
		add_estimate(builder, estimate, number, builder->zones->pdata[i]);
	return TRUE;
}

static void
find_zones(Builder *builder)
{
	for (guint i = 0; i < vmfc_schema_get_n_columns(builder->schema); i++) {
		g_autofree gchar *zone = NULL;
		const VmfcColumn *column = vmfc_schema_get_column(builder->schema, i);
		if (vmfc_estimate_name_parse(column, &zone) == VMFC_ESTIMATE_WATTS)
			g_ptr_array_add(builder->zones, g_steal_pointer(&zone));
	}
}

static gboolean
is_number(const VmfcColumn *column)
{
	return column->type == VMFC_TYPE_INT || column->type == VMFC_TYPE_FLOAT ||
	       column->type == VMFC_TYPE_BOOL;
}

/* @setup: copied */
VmfcMetrics *
vmfc_metrics_new(const VmfcSchema *schema, const VmfcMetricsSetup *setup)
{
	g_autoptr(GPtrArray) zones = g_ptr_array_new_with_free_func(g_free);
	VmfcMetrics *metrics = g_new0(VmfcMetrics, 1);
	Builder builder = {schema, setup, metrics, zones};

	metrics->families = g_ptr_array_new_with_free_func((GDestroyNotify)family_free);
	metrics->sources = g_array_new(FALSE, FALSE, sizeof(VmfcMetricSource));
	metrics->texts = g_array_new(FALSE, FALSE, sizeof(guint));
	find_zones(&builder);
	add_run_info(&builder);
	add_records(&builder);
	for (guint i = 0; i < vmfc_schema_get_n_columns(schema); i++) {
		if (!add_if_estimate(&builder, i) && is_number(vmfc_schema_get_column(schema, i)))
			add_by_rule(&builder, i);
	}
	return metrics;
}

void
vmfc_metrics_free(VmfcMetrics *metrics)
{
	g_ptr_array_unref(metrics->families);
	g_array_unref(metrics->sources);
	g_array_unref(metrics->texts);
	g_free(metrics);
}

/* -------------------------------------------------------------- values */

/*
 * A counter is the sum of its growth in the records of this run. The kernel's own total can jump
 * where it begins to count something else (a disk comes or goes), which would look like work.
 */
static void
add_growth(VmfcMetricSource *source, const VmfcRecord *record)
{
	if (source->total.is_int)
		source->total.i += vmfc_record_get_int(record, source->column);
	else
		source->total.d += vmfc_record_get_float(record, source->column);
}

static VmfcMetricValue
read_value(VmfcMetricSource *source, const VmfcRecord *record)
{
	if (source->column == VMFC_NO_COLUMN) {
		source->total.i++;
		return source->total;
	}
	if (!vmfc_record_has(record, source->column))
		return (VmfcMetricValue){0};
	if (source->is_counter) {
		add_growth(source, record);
		return source->total;
	}
	switch (source->type) {
	case VMFC_TYPE_INT:
		return (VmfcMetricValue){TRUE, TRUE,
					 .i = vmfc_record_get_int(record, source->column)};
	case VMFC_TYPE_BOOL:
		return (VmfcMetricValue){TRUE, TRUE,
					 .i = vmfc_record_get_bool(record, source->column) ? 1 : 0};
	default:
		return (VmfcMetricValue){TRUE, FALSE,
					 .d = vmfc_record_get_float(record, source->column)};
	}
}

/* Called once for each record, because counters add up. Allocates nothing. */
void
vmfc_metrics_read(VmfcMetrics *metrics, const VmfcRecord *record, VmfcMetricValues *values)
{
	for (guint i = 0; i < metrics->sources->len; i++)
		values->numbers[i] = read_value(
			&g_array_index(metrics->sources, VmfcMetricSource, i), record);
	for (guint i = 0; i < metrics->texts->len; i++) {
		guint column = g_array_index(metrics->texts, guint, i);
		const gchar *text = vmfc_record_has(record, column)
					    ? vmfc_record_get_string(record, column)
					    : "";
		g_strlcpy(vmfc_metric_values_get_text(values, i), text, VMFC_STRING_SIZE);
	}
}

/* An info about a text that is missing says nothing. */
static gboolean
has_text(const VmfcMetricSeries *series, const VmfcMetricValues *values)
{
	for (guint i = 0; i < series->labels->len; i++) {
		const VmfcMetricLabel *label = &g_array_index(series->labels, VmfcMetricLabel, i);
		const gchar *text = label->value != NULL
					    ? label->value
					    : vmfc_metric_values_get_text(values, label->text);
		if (text[0] != '\0')
			return TRUE;
	}
	return FALSE;
}

/*
 * @value: (out): in the base unit
 *
 * Returns: whether there is one
 */
gboolean
vmfc_metric_series_get(const VmfcMetricSeries *series, const VmfcMetricValues *values,
		       VmfcMetricValue *value)
{
	if (series->number == G_MAXUINT) {
		*value = (VmfcMetricValue){TRUE, TRUE, .i = 1};
		return has_text(series, values);
	}
	*value = values->numbers[series->number];
	if (!value->present || (series->multiplier == 1 && series->divisor == 1))
		return value->present;
	gdouble raw = value->is_int ? (gdouble)value->i : value->d;
	*value = (VmfcMetricValue){TRUE, FALSE, .d = raw * series->multiplier / series->divisor};
	return TRUE;
}

/* Returns: (transfer full): the name of its samples, for example vmfc_instructions_total */
gchar *
vmfc_metric_family_build_sample_name(const VmfcMetricFamily *family)
{
	static const gchar *const ends[] = {
		[VMFC_METRIC_GAUGE] = "",
		[VMFC_METRIC_COUNTER] = "_total",
		[VMFC_METRIC_INFO] = "_info",
	};

	return g_strconcat(family->name, ends[family->type], NULL);
}
