/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* The power of one zone in a stretch of time. It changes linearly from start to end. */
typedef struct {
	gdouble start; /* seconds since the epoch */
	gdouble end;
	gdouble from; /* watts */
	gdouble to;
} VmfcStretch;

/* A moving part of one zone's power over time. Stretches do not overlap; between them may be gaps.
 */
typedef struct {
	GArray *stretches; /* of VmfcStretch */
	guint first;	   /* stretch that is not dropped */
	gdouble max_gap;
	gdouble last_time; /* of the last point; NaN before the first */
	gdouble last_watts;
} VmfcPowerSeries;

void
vmfc_power_series_init(VmfcPowerSeries *series, gdouble max_gap);
void
vmfc_power_series_clear(VmfcPowerSeries *series);
void
vmfc_power_series_add_point(VmfcPowerSeries *series, gdouble time, gdouble watts);
void
vmfc_power_series_add_window(VmfcPowerSeries *series, gdouble end, gdouble length, gdouble watts);
void
vmfc_power_series_drop(VmfcPowerSeries *series, gdouble before);
gdouble
vmfc_power_series_get_end(const VmfcPowerSeries *series);
gboolean
vmfc_power_series_average(const VmfcPowerSeries *series, gdouble start, gdouble end,
			  gdouble *watts);
gboolean
vmfc_power_series_average_from(const VmfcPowerSeries *series, guint *at, gdouble start, gdouble end,
			       gdouble *watts);
gdouble
vmfc_power_series_get_slack(gdouble length);
