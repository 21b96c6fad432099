/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "metrics/metrics.h"

#define HISTORY_LINES  5
#define HISTORY_POINTS 300

/* The last minutes of some series, for the start page. */
typedef struct {
	gint64 time; /* CLOCK_MONOTONIC, µs */
	gdouble cpu; /* 0 to 1; NaN: missing, as below */
	gdouble watts[HISTORY_LINES];
} HistoryPoint;

typedef struct {
	/* constant */
	const VmfcMetricSeries *cpu; /* NULL: this run has none */
	const VmfcMetricSeries *watts[HISTORY_LINES];
	const gchar *names[HISTORY_LINES];
	guint n_lines;
	gboolean is_estimate;
	/* a ring */
	guint n_points;
	guint next;
	HistoryPoint points[HISTORY_POINTS];
} History;

void
history_init(History *history, const VmfcMetrics *metrics);
void
history_add(History *history, const VmfcMetricValues *values);
const HistoryPoint *
history_get(const History *history, guint index);
