/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "inspect/list-metrics.h"

#include "collect/core-columns.h"
#include "inspect/list-commands.h"
#include "inspect/plugin-check.h"
#include "metrics/metrics.h"

/* ------------------------------------------------------- one schema of all */

/* A name that another plugin has already is left out: only one of the two can be in a run. */
static void
add_columns(VmfcSchema *all, const VmfcSchema *schema)
{
	for (guint i = 0; i < vmfc_schema_get_n_columns(schema); i++) {
		const VmfcDeclaration *declaration = vmfc_schema_get_declaration(schema, i);
		vmfc_schema_add(all, declaration->plugin, &declaration->column, NULL);
	}
}

static gboolean
add_own_columns(VmfcSchema *all, gboolean head, GError **error)
{
	const VmfcRun run = {.schema = all};
	g_autoptr(VmfcContext) context = vmfc_core_columns_new(&run);

	return head ? vmfc_core_columns_add_head(context, error)
		    : vmfc_core_columns_add_tail(context, error);
}

/* Returns: (transfer full): the columns of all samplers, in the order of the files */
static VmfcSchema *
build_schema(VmfcRegistry *registry, const VmfcOptions *options, GError **error)
{
	g_autoptr(GPtrArray) samplers = vmfc_list_samplers(registry);
	g_autoptr(VmfcSchema) all = vmfc_schema_new();

	if (!add_own_columns(all, TRUE, error))
		return NULL;
	for (guint i = 0; i < samplers->len; i++) {
		g_autoptr(VmfcPluginCheck) check = vmfc_plugin_check_new(samplers->pdata[i],
									 options, NULL, FALSE);
		add_columns(all, check->schema);
	}
	if (!add_own_columns(all, FALSE, error))
		return NULL;
	vmfc_schema_freeze(all);
	return g_steal_pointer(&all);
}

/* ------------------------------------------------------------------ table */

/* With their values only if these tell series apart; the others differ from run to run. */
static void
append_label_names(GString *table, const VmfcMetricFamily *family, const VmfcMetricSeries *series)
{
	for (guint i = 0; i < series->labels->len; i++) {
		const VmfcMetricLabel *label = &g_array_index(series->labels, VmfcMetricLabel, i);
		g_string_append_printf(table, "%c%s", i == 0 ? '{' : ',', label->name);
		if (i == 0 && family->type != VMFC_METRIC_INFO)
			g_string_append_printf(table, "=\"%s\"", label->value);
	}
	if (series->labels->len > 0)
		g_string_append_c(table, '}');
}

static void
append_factor(GString *table, const VmfcMetricSeries *series)
{
	gboolean divides = series->divisor != 1;
	gdouble factor = divides ? series->divisor : series->multiplier;

	if (factor != 1)
		g_string_append_printf(table, " %c %.0f", divides ? '/' : '*', factor);
}

/* What the value of a number comes from. */
static void
append_number(GString *table, const VmfcMetrics *metrics, const VmfcSchema *schema,
	      const VmfcMetricSeries *series)
{
	const VmfcMetricSource *source = &g_array_index(metrics->sources, VmfcMetricSource,
							series->number);

	if (source->column == VMFC_NO_COLUMN) {
		g_string_append(table, "-");
		return;
	}
	g_string_append(table, vmfc_schema_get_column(schema, source->column)->name);
	append_factor(table, series);
}

/* What the labels of an info come from. */
static void
append_texts(GString *table, const VmfcMetrics *metrics, const VmfcSchema *schema,
	     const VmfcMetricSeries *series)
{
	const gchar *separator = "";

	for (guint i = 0; i < series->labels->len; i++) {
		const VmfcMetricLabel *label = &g_array_index(series->labels, VmfcMetricLabel, i);
		if (label->value != NULL)
			continue;
		guint column = g_array_index(metrics->texts, guint, label->text);
		g_string_append_printf(table, "%s%s", separator,
				       vmfc_schema_get_column(schema, column)->name);
		separator = ", ";
	}
}

static void
append_family(GString *table, const VmfcMetrics *metrics, const VmfcSchema *schema,
	      const VmfcMetricFamily *family)
{
	static const gchar *const types[] = {"gauge", "counter", "info"};
	g_autofree gchar *name = vmfc_metric_family_build_sample_name(family);

	for (guint i = 0; i < family->series->len; i++) {
		const VmfcMetricSeries *series = family->series->pdata[i];
		g_string_append(table, name);
		append_label_names(table, family, series);
		g_string_append_printf(table, "\t%s\t", types[family->type]);
		if (series->number == G_MAXUINT)
			append_texts(table, metrics, schema, series);
		else
			append_number(table, metrics, schema, series);
		g_string_append_c(table, '\n');
	}
}

/* Returns: (transfer full): the metrics of all samplers' columns; %NULL with @error set */
gchar *
vmfc_list_metrics(VmfcRegistry *registry, const VmfcOptions *options, GError **error)
{
	const VmfcMetricsSetup setup = {.kepler_names = TRUE};
	g_autoptr(VmfcSchema) schema = build_schema(registry, options, error);
	g_autoptr(GString) table = g_string_new("METRIC\tTYPE\tCOLUMN\n");

	if (schema == NULL)
		return NULL;
	g_autoptr(VmfcMetrics) metrics = vmfc_metrics_new(schema, &setup);
	for (guint i = 0; i < metrics->families->len; i++)
		append_family(table, metrics, schema, metrics->families->pdata[i]);
	g_string_truncate(table, table->len - 1);
	return vmfc_list_align(table->str);
}
