/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/plot.h"

#include <math.h>

#include "tools/report/markup.h"

/* A range of less than this share of its values is shown as if all were the same. */
#define MIN_RANGE 1e-12

static void
free_layer(gpointer data)
{
	VmfcPlotLayer *layer = data;

	g_free(layer->name);
	g_array_unref(layer->points);
	g_free(layer);
}

static void
clear_axis(VmfcAxis *axis)
{
	g_free(axis->label);
	g_free(axis->unit);
	g_clear_pointer(&axis->names, g_ptr_array_unref);
}

/* @name: see vmfc_plot_build_name() */
VmfcPlot *
vmfc_plot_new(const gchar *name, const gchar *title)
{
	VmfcPlot *plot = g_new0(VmfcPlot, 1);

	plot->name = g_strdup(name);
	plot->title = g_strdup(title);
	plot->layers = g_ptr_array_new_with_free_func(free_layer);
	plot->spans = g_array_new(FALSE, FALSE, sizeof(VmfcPlotSpan));
	plot->lanes = g_array_new(FALSE, FALSE, sizeof(VmfcPlotLane));
	plot->lane_names = g_ptr_array_new_with_free_func(g_free);
	plot->x.minimum = plot->y.minimum = INFINITY;
	plot->x.maximum = plot->y.maximum = -INFINITY;
	return plot;
}

void
vmfc_plot_free(VmfcPlot *plot)
{
	clear_axis(&plot->x);
	clear_axis(&plot->y);
	g_ptr_array_unref(plot->layers);
	g_array_unref(plot->spans);
	g_array_unref(plot->lanes);
	g_ptr_array_unref(plot->lane_names);
	g_free(plot->name);
	g_free(plot->title);
	g_free(plot->note);
	g_free(plot->file);
	g_free(plot->source);
	g_free(plot);
}

/* A sentence below it, after those that it has. */
void
vmfc_plot_add_note(VmfcPlot *plot, const gchar *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree gchar *sentence = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_autofree gchar *before = g_steal_pointer(&plot->note);
	plot->note = before != NULL ? g_strconcat(before, " ", sentence, NULL)
				    : g_steal_pointer(&sentence);
}

/* @kind: of the horizontal axis */
void
vmfc_plot_set_axes(VmfcPlot *plot, VmfcAxisKind kind, const gchar *x_label, const gchar *x_unit,
		   const gchar *y_label, const gchar *y_unit)
{
	plot->x.kind = kind;
	plot->x.label = g_strdup(x_label);
	plot->x.unit = g_strdup(x_unit);
	plot->y.label = g_strdup(y_label);
	plot->y.unit = g_strdup(y_unit);
}

VmfcPlotLayer *
vmfc_plot_add_layer(VmfcPlot *plot, VmfcLayerKind kind, const gchar *name, guint colour)
{
	VmfcPlotLayer *layer = g_new0(VmfcPlotLayer, 1);

	layer->kind = kind;
	layer->name = g_strdup(name);
	layer->colour = colour;
	layer->minimum = NAN;
	layer->maximum = NAN;
	layer->points = g_array_new(FALSE, FALSE, sizeof(VmfcPlotPoint));
	g_ptr_array_add(plot->layers, layer);
	return layer;
}

/* @low, @high: NaN for none */
void
vmfc_plot_layer_add(VmfcPlotLayer *layer, gdouble x, gdouble y, gdouble low, gdouble high)
{
	const VmfcPlotPoint point = {x, y, low, high};
	g_array_append_val(layer->points, point);
}

/* Adds to the last stretch if it is of the same kind and ends here. */
void
vmfc_plot_add_span(VmfcPlot *plot, VmfcSpanKind kind, gdouble from, gdouble to)
{
	const VmfcPlotSpan span = {kind, from, to};

	for (guint i = plot->spans->len; i-- > 0;) {
		VmfcPlotSpan *last = &g_array_index(plot->spans, VmfcPlotSpan, i);
		if (last->kind != kind)
			continue;
		if (last->to < from)
			break;
		last->to = MAX(last->to, to);
		return;
	}
	g_array_append_val(plot->spans, span);
}

static void
extend(VmfcAxis *axis, gdouble value)
{
	if (!isfinite(value))
		return;
	axis->minimum = MIN(axis->minimum, value);
	axis->maximum = MAX(axis->maximum, value);
}

static void
extend_by_layer(VmfcPlot *plot, const VmfcPlotLayer *layer)
{
	gboolean is_rows = layer->kind == VMFC_LAYER_ROWS;
	VmfcAxis *of_range = layer->kind == VMFC_LAYER_BARS || is_rows ? &plot->x : &plot->y;

	for (guint i = 0; i < layer->points->len; i++) {
		const VmfcPlotPoint *point = &g_array_index(layer->points, VmfcPlotPoint, i);
		if (layer->kind != VMFC_LAYER_BARS)
			extend(is_rows ? &plot->y : &plot->x, point->x);
		extend(is_rows ? &plot->x : &plot->y, point->y);
		extend(of_range, point->low);
		extend(of_range, point->high);
	}
}

/* Values are easy to compare if the axis begins with 0. */
static void
include_zero(VmfcAxis *axis)
{
	if (axis->kind == VMFC_AXIS_LINEAR && axis->minimum <= axis->maximum) {
		axis->minimum = MIN(axis->minimum, 0);
		axis->maximum = MAX(axis->maximum, 0);
	}
}

/* Gives an axis of one value or of none a range. */
static void
widen(VmfcAxis *axis)
{
	if (axis->minimum > axis->maximum) {
		axis->minimum = 0;
		axis->maximum = 1;
	}
	gdouble size = MAX(fabs(axis->minimum), fabs(axis->maximum));
	if (axis->maximum - axis->minimum > MIN_RANGE * size)
		return;
	axis->maximum += size > 0 && axis->kind == VMFC_AXIS_LINEAR ? size / 2 : 1;
}

/* Finds the ranges of the axes from all layers and stretches. */
void
vmfc_plot_fit_axes(VmfcPlot *plot)
{
	for (guint i = 0; i < plot->layers->len; i++)
		extend_by_layer(plot, plot->layers->pdata[i]);
	for (guint i = 0; i < plot->spans->len; i++) {
		extend(&plot->x, g_array_index(plot->spans, VmfcPlotSpan, i).from);
		extend(&plot->x, g_array_index(plot->spans, VmfcPlotSpan, i).to);
	}
	if (plot->y.kind == VMFC_AXIS_NAMES) {
		plot->y.minimum = -0.5;
		plot->y.maximum = MAX(plot->y.names->len, 1) - 0.5;
		include_zero(&plot->x);
	} else {
		include_zero(&plot->y);
	}
	widen(&plot->x);
	widen(&plot->y);
}

/* The errors of a model are in %, those of its predictions in W. */
static void
share_axis(VmfcAxis *one, VmfcAxis *other)
{
	if (one->kind == VMFC_AXIS_NAMES || !g_str_equal(one->unit, other->unit))
		return;
	one->minimum = other->minimum = MIN(one->minimum, other->minimum);
	one->maximum = other->maximum = MAX(one->maximum, other->maximum);
}

/* Gives all plots of one name the same axes, where the units are the same. @plots: of VmfcPlot,
 * whose axes fit */
void
vmfc_plot_share_axes(GPtrArray *plots)
{
	/* twice, so that the first gets what the last one needs */
	for (guint i = 0; i < 2 * plots->len; i++) {
		for (guint k = 0; k < plots->len; k++) {
			VmfcPlot *one = plots->pdata[i % plots->len];
			VmfcPlot *other = plots->pdata[k];
			if (!g_str_equal(one->name, other->name))
				continue;
			share_axis(&one->x, &other->x);
			share_axis(&one->y, &other->y);
		}
	}
}

/* A line through the origin, after the axes fit. */
void
vmfc_plot_add_guide(VmfcPlot *plot, const gchar *name, gdouble slope)
{
	gdouble from = plot->x.minimum;
	gdouble to = plot->x.maximum;
	VmfcPlotLayer *guide = vmfc_plot_add_layer(plot, VMFC_LAYER_GUIDE, name, 0);

	if (slope > 0) { /* within the vertical axis */
		from = MAX(from, plot->y.minimum / slope);
		to = MIN(to, plot->y.maximum / slope);
	}
	vmfc_plot_layer_add(guide, from, slope * from, NAN, NAN);
	vmfc_plot_layer_add(guide, to, slope * to, NAN, NAN);
}

static void
describe_layer(GString *text, const VmfcPlotLayer *layer, const VmfcAxis *axis)
{
	gdouble minimum = INFINITY;
	gdouble maximum = -INFINITY;
	gboolean has_band = layer->kind == VMFC_LAYER_LINE || layer->kind == VMFC_LAYER_BAND;

	for (guint i = 0; i < layer->points->len; i++) {
		const VmfcPlotPoint *point = &g_array_index(layer->points, VmfcPlotPoint, i);
		/* of two numbers of which one is NaN, fmin(3) and fmax(3) return the other one */
		minimum = fmin(minimum, has_band ? fmin(point->y, point->low) : point->y);
		maximum = fmax(maximum, has_band ? fmax(point->y, point->high) : point->y);
	}
	if (isfinite(layer->minimum)) {
		minimum = layer->minimum;
		maximum = layer->maximum;
	}
	g_string_append_printf(text, " %s: ", layer->name);
	if (minimum > maximum) {
		g_string_append(text, "no values.");
		return;
	}
	vmfc_markup_append_number(text, minimum, 4);
	g_string_append(text, " to ");
	vmfc_markup_append_number(text, maximum, 4);
	g_string_append_printf(text, " %s.", axis->unit);
}

/* The workloads that a strip shows. */
static void
describe_lanes(GString *text, const VmfcPlot *plot)
{
	guint n = 0;

	for (guint name = 0; name < plot->lane_names->len; name++) {
		gboolean is_shown = FALSE;
		for (guint i = 0; i < plot->lanes->len; i++)
			is_shown |= g_array_index(plot->lanes, VmfcPlotLane, i).name == name;
		if (is_shown)
			g_string_append_printf(text, "%s%s", n++ == 0 ? " Workloads: " : ", ",
					       (const gchar *)plot->lane_names->pdata[name]);
	}
	if (n > 0)
		g_string_append_c(text, '.');
}

/* Returns: (transfer full): what a reader who does not see it needs to know */
gchar *
vmfc_plot_describe(const VmfcPlot *plot)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const VmfcAxis *values = plot->y.kind == VMFC_AXIS_NAMES ? &plot->x : &plot->y;
	guint counts[VMFC_N_SPANS] = {0};

	g_string_append_printf(text, "%s by %s.", values->label,
			       values == &plot->y ? plot->x.label : plot->y.label);
	if (plot->file != NULL)
		g_string_append_printf(text, " File: %s.", plot->file);
	describe_lanes(text, plot);
	for (guint i = 0; i < plot->layers->len; i++) {
		const VmfcPlotLayer *layer = plot->layers->pdata[i];
		if (layer->kind != VMFC_LAYER_GUIDE)
			describe_layer(text, layer, values);
	}
	for (guint i = 0; i < plot->spans->len; i++)
		counts[g_array_index(plot->spans, VmfcPlotSpan, i).kind]++;
	for (guint i = 0; i < VMFC_N_SPANS; i++) {
		if (counts[i] > 0)
			g_string_append_printf(text, " Stretches with %s: %u.",
					       vmfc_plot_get_span_name(i), counts[i]);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Returns: (transfer full): a name of a plot, from two parts of which one may be from a file */
gchar *
vmfc_plot_build_name(const gchar *first, const gchar *second)
{
	g_autofree gchar *text = g_strconcat(first, "-", second, NULL);
	g_autofree gchar *lower = g_ascii_strdown(text, -1);

	g_strcanon(lower, "abcdefghijklmnopqrstuvwxyz0123456789-", '-');
	return g_strndup(lower, 64);
}

const gchar *
vmfc_plot_get_span_name(VmfcSpanKind kind)
{
	static const gchar *const names[] = {
		[VMFC_SPAN_GAP] = "no rows",
		[VMFC_SPAN_MISSING] = "no value",
		[VMFC_SPAN_PARTLY] = "some values missing",
		[VMFC_SPAN_TRANSITION] = "changing workload",
		[VMFC_SPAN_STALE] = "stale power",
		[VMFC_SPAN_OUT_OF_RANGE] = "estimate out of range",
	};
	return names[kind];
}
