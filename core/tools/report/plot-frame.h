/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/plot.h"
#include "tools/report/scale.h"

/* Where the parts of a plot are, in units of its view box. */
typedef struct {
	const VmfcPlot *plot;
	gboolean has_lane_names; /* in the legend */
	gdouble left;
	gdouble right;
	gdouble top; /* of the area */
	gdouble bottom;
	gdouble lane_top;
	gdouble height; /* of all */
	VmfcScaleUnit x_unit;
	VmfcScaleUnit y_unit;
	VmfcTicks x_ticks; /* in values of the axis, by its unit */
	VmfcTicks y_ticks;
	gdouble x_minimum; /* of the area; the ticks may lie beyond the data */
	gdouble x_maximum;
	gdouble y_minimum;
	gdouble y_maximum;
} VmfcPlotFrame;

void
vmfc_plot_frame_init(VmfcPlotFrame *frame, const VmfcPlot *plot, gboolean has_lane_names);
gdouble
vmfc_plot_frame_get_x(const VmfcPlotFrame *frame, gdouble value);
gdouble
vmfc_plot_frame_get_y(const VmfcPlotFrame *frame, gdouble value);
void
vmfc_plot_frame_append_axes(const VmfcPlotFrame *frame, GString *svg);
void
vmfc_plot_frame_append_heading(const VmfcPlotFrame *frame, GString *svg);
