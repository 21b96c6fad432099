/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "history.h"

#include <math.h>

/* Points are no closer, in µs: with HISTORY_POINTS of them the pictures show five minutes. */
#define SPACING G_USEC_PER_SEC
/* A tick that is a little early still has a point. */
#define TOLERANCE (SPACING / 10)

#define CPU	 "vmfc_cpu_utilization_ratio"
#define ESTIMATE "vmfc_power_watts"

/* Measured power, where this machine has meters: the best first. */
static const gchar *const measured[] = {"vmfc_rapl_package_watts", "vmfc_vm_cpu_package_watts",
					"vmfc_kepler_vm_cpu_package_watts"};

static void
add_line(History *history, const VmfcMetricSeries *series, const gchar *name)
{
	history->watts[history->n_lines] = series;
	history->names[history->n_lines++] = name;
}

/* @metrics: not owned */
void
history_init(History *history, const VmfcMetrics *metrics)
{
	const VmfcMetricFamily *cpu = vmfc_metrics_find_family(metrics, CPU);
	const VmfcMetricFamily *power = vmfc_metrics_find_family(metrics, ESTIMATE);

	*history = (History){.is_estimate = power != NULL};
	if (cpu != NULL)
		history->cpu = cpu->series->pdata[0];
	for (guint i = 0; power != NULL && i < MIN(power->series->len, HISTORY_LINES); i++) {
		const VmfcMetricSeries *series = power->series->pdata[i];
		add_line(history, series, g_array_index(series->labels, VmfcMetricLabel, 0).value);
	}
	for (guint i = 0; i < G_N_ELEMENTS(measured) && history->n_lines == 0; i++) {
		power = vmfc_metrics_find_family(metrics, measured[i]);
		if (power != NULL)
			add_line(history, power->series->pdata[0], "package");
	}
}

static gdouble
read_series(const VmfcMetricSeries *series, const VmfcMetricValues *values)
{
	VmfcMetricValue value;

	if (series == NULL || !vmfc_metric_series_get(series, values, &value))
		return NAN;
	return value.is_int ? (gdouble)value.i : value.d;
}

/* Allocates nothing. */
void
history_add(History *history, const VmfcMetricValues *values)
{
	gint64 now = g_get_monotonic_time();

	if (history->n_points > 0) {
		const HistoryPoint *last = history_get(history, history->n_points - 1);
		if (now - last->time < SPACING - TOLERANCE)
			return;
	}
	HistoryPoint *point = &history->points[history->next];
	point->time = now;
	point->cpu = read_series(history->cpu, values);
	for (guint i = 0; i < history->n_lines; i++)
		point->watts[i] = read_series(history->watts[i], values);
	history->next = (history->next + 1) % HISTORY_POINTS;
	history->n_points = MIN(history->n_points + 1, HISTORY_POINTS);
}

/* @index: 0 is the oldest */
const HistoryPoint *
history_get(const History *history, guint index)
{
	return &history->points[(history->next + HISTORY_POINTS - history->n_points + index) %
				HISTORY_POINTS];
}
