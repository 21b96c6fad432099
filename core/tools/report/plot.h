/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * A picture, independent of the form in which it is shown: axes, layers of points, and stretches of
 * the horizontal axis. plot-svg.h and plot-text.h draw it.
 */

typedef enum {
	VMFC_AXIS_LINEAR,
	VMFC_AXIS_TIME,	 /* s */
	VMFC_AXIS_LOG,	 /* of base 10; values are logarithms */
	VMFC_AXIS_NAMES, /* vertical: value i is the middle of name i, from the top */
} VmfcAxisKind;

typedef struct {
	VmfcAxisKind kind;
	gchar *label;
	gchar *unit;
	gdouble minimum; /* above the maximum: no values */
	gdouble maximum;
	GPtrArray *names; /* NULL except for names */
} VmfcAxis;

typedef enum {
	VMFC_LAYER_LINE,   /* through x, y; with a band from low to high; NaN interrupts it */
	VMFC_LAYER_BAND,   /* from low to high at x; y is NaN */
	VMFC_LAYER_POINTS, /* at x, y */
	VMFC_LAYER_BARS,   /* from low to high on the horizontal axis, y high */
	VMFC_LAYER_ROWS,   /* at the name x: a bar to y; and a range from low to high */
	VMFC_LAYER_GUIDE,  /* a thin line, for comparison */
} VmfcLayerKind;

typedef struct {
	gdouble x;
	gdouble y;
	gdouble low; /* NaN: none */
	gdouble high;
} VmfcPlotPoint;

typedef struct {
	VmfcLayerKind kind;
	gchar *name;
	guint colour;	 /* points beyond the eighth colour differ in their shape */
	GArray *points;	 /* of VmfcPlotPoint */
	gdouble minimum; /* of the values, where points are not exact; NaN: that of the points */
	gdouble maximum;
} VmfcPlotLayer;

/* What is special about a stretch of the horizontal axis. */
typedef enum {
	VMFC_SPAN_GAP,		/* no rows */
	VMFC_SPAN_MISSING,	/* rows, but no value of any layer */
	VMFC_SPAN_PARTLY,	/* rows, some of which lack a value */
	VMFC_SPAN_TRANSITION,	/* rows of a workload that changes */
	VMFC_SPAN_STALE,	/* rows whose power is stale */
	VMFC_SPAN_OUT_OF_RANGE, /* rows that are not like those of the model's training */
	VMFC_N_SPANS,
} VmfcSpanKind;

typedef struct {
	VmfcSpanKind kind;
	gdouble from;
	gdouble to;
} VmfcPlotSpan;

/* Which of `lane_names` is shown in a stretch of the horizontal axis. */
typedef struct {
	guint name;
	gdouble from;
	gdouble to;
} VmfcPlotLane;

typedef struct {
	gchar *name; /* of a-z, 0-9 and - */
	gchar *title;
	gchar *note;   /* (nullable): a sentence below it */
	gchar *source; /* (nullable): which file, if there are several */
	gchar *file;   /* (nullable): which file, for a description */
	VmfcAxis x;
	VmfcAxis y;
	GPtrArray *layers; /* of VmfcPlotLayer */
	GArray *spans;	   /* of VmfcPlotSpan */
	GArray *lanes;	   /* of VmfcPlotLane */
	GPtrArray *lane_names;
} VmfcPlot;

VmfcPlot *
vmfc_plot_new(const gchar *name, const gchar *title);
void
vmfc_plot_free(VmfcPlot *plot);
void
vmfc_plot_set_axes(VmfcPlot *plot, VmfcAxisKind kind, const gchar *x_label, const gchar *x_unit,
		   const gchar *y_label, const gchar *y_unit);
VmfcPlotLayer *
vmfc_plot_add_layer(VmfcPlot *plot, VmfcLayerKind kind, const gchar *name, guint colour);
void
vmfc_plot_layer_add(VmfcPlotLayer *layer, gdouble x, gdouble y, gdouble low, gdouble high);
void
vmfc_plot_add_span(VmfcPlot *plot, VmfcSpanKind kind, gdouble from, gdouble to);
void
vmfc_plot_add_note(VmfcPlot *plot, const gchar *format, ...) G_GNUC_PRINTF(2, 3);
void
vmfc_plot_fit_axes(VmfcPlot *plot);
void
vmfc_plot_add_guide(VmfcPlot *plot, const gchar *name, gdouble slope);
void
vmfc_plot_share_axes(GPtrArray *plots);
gchar *
vmfc_plot_describe(const VmfcPlot *plot);
gchar *
vmfc_plot_build_name(const gchar *first, const gchar *second);
const gchar *
vmfc_plot_get_span_name(VmfcSpanKind kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPlot, vmfc_plot_free)
