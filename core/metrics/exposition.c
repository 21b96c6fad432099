/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "metrics/exposition.h"

#include <string.h>

#include "base/number-text.h"

/* Escapes backslashes and line feeds, and in values of labels quotes, as both formats want it. */
static void
append_escaped(GString *text, const gchar *value, gboolean with_quotes)
{
	for (const gchar *at = value; *at != '\0'; at++) {
		if (*at == '\n')
			g_string_append(text, "\\n");
		else if (*at == '\\' || (*at == '"' && with_quotes))
			g_string_append_printf(text, "\\%c", *at);
		else
			g_string_append_c(text, *at);
	}
}

/* A label without a value is the same as no label. */
static void
append_labels(GString *text, const VmfcMetricSeries *series, const VmfcMetricValues *values)
{
	gchar before = '{';

	for (guint i = 0; i < series->labels->len; i++) {
		const VmfcMetricLabel *label = &g_array_index(series->labels, VmfcMetricLabel, i);
		const gchar *value = label->value != NULL
					     ? label->value
					     : vmfc_metric_values_get_text(values, label->text);
		if (value[0] == '\0')
			continue;
		g_string_append_c(text, before);
		g_string_append(text, label->name);
		g_string_append(text, "=\"");
		append_escaped(text, value, TRUE);
		g_string_append_c(text, '"');
		before = ',';
	}
	if (before == ',')
		g_string_append_c(text, '}');
}

static void
append_value(GString *text, const VmfcMetricValue *value)
{
	gchar number[VMFC_NUMBER_SIZE];
	gsize length = value->is_int ? vmfc_number_text_format_int(value->i, number)
				     : vmfc_number_text_format_float(value->d, number);

	g_string_append_len(text, number, (gssize)length);
}

static const gchar *
get_type(VmfcMetricType type, VmfcExposition format)
{
	switch (type) {
	case VMFC_METRIC_COUNTER:
		return "counter";
	case VMFC_METRIC_INFO:
		/* the older format has no such type */
		return format == VMFC_EXPOSITION_OPENMETRICS ? "info" : "gauge";
	case VMFC_METRIC_GAUGE:
		break;
	}
	return "gauge";
}

/* In the older format a family has the name of its samples. */
static void
append_head(GString *text, const VmfcMetricFamily *family, const gchar *sample,
	    VmfcExposition format)
{
	gboolean is_open = format == VMFC_EXPOSITION_OPENMETRICS;
	const gchar *name = is_open ? family->name : sample;

	g_string_append_printf(text, "# HELP %s ", name);
	append_escaped(text, family->help, is_open);
	g_string_append_printf(text, "\n# TYPE %s %s\n", name, get_type(family->type, format));
	if (is_open && family->unit[0] != '\0')
		g_string_append_printf(text, "# UNIT %s %s\n", name, family->unit);
}

static void
append_family(GString *text, const VmfcMetricFamily *family, const VmfcMetricValues *values,
	      VmfcExposition format)
{
	g_autofree gchar *sample = vmfc_metric_family_build_sample_name(family);
	gboolean has_head = FALSE;

	for (guint i = 0; i < family->series->len; i++) {
		const VmfcMetricSeries *series = family->series->pdata[i];
		VmfcMetricValue value;
		if (!vmfc_metric_series_get(series, values, &value))
			continue;
		if (!has_head)
			append_head(text, family, sample, format);
		has_head = TRUE;
		g_string_append(text, sample);
		append_labels(text, series, values);
		g_string_append_c(text, ' ');
		append_value(text, &value);
		g_string_append_c(text, '\n');
	}
}

/* Appends all metrics that have a value. A missing one is absent. */
void
vmfc_exposition_append(GString *text, const VmfcMetrics *metrics, const VmfcMetricValues *values,
		       VmfcExposition format)
{
	for (guint i = 0; i < metrics->families->len; i++)
		append_family(text, metrics->families->pdata[i], values, format);
	if (format == VMFC_EXPOSITION_OPENMETRICS)
		g_string_append(text, "# EOF\n");
}
