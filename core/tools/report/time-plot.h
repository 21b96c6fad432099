/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/gaps.h"
#include "tools/report/plot.h"
#include "tools/report/time-grid.h"

/* What plots over time are made of. */
typedef struct {
	const VmfcTimeGrid *grid;
	const VmfcGaps *gaps;
	const GPtrArray *lane_names; /* (nullable): of the labels of the rows */
	VmfcSpanKind mark;	     /* of marked rows */
	guint n_columns;	     /* of pixels, at most */
	gdouble start;		     /* time 0 of the axis */
	gboolean is_estimated;	     /* shows where estimates are out of range */
} VmfcTimeSource;

gboolean
vmfc_time_plot_has_values(const VmfcTimeSource *source, guint series);
void
vmfc_time_plot_add_line(VmfcPlot *plot, const VmfcTimeSource *source, guint series,
			const gchar *name, guint colour);
void
vmfc_time_plot_add_interval(VmfcPlot *plot, const VmfcTimeSource *source, guint low, guint high,
			    const gchar *name, guint colour);
void
vmfc_time_plot_add_spans(VmfcPlot *plot, const VmfcTimeSource *source, const guint *series,
			 guint n_series);
void
vmfc_time_plot_add_shifted_spans(VmfcPlot *plot, const VmfcTimeSource *source, const guint *series,
				 guint n_series, gdouble shift);
