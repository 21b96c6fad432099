/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/plot-svg.h"

#include <math.h>

#include "tools/report/markup.h"
#include "tools/report/plot-frame.h"
#include "tools/report/plot-legend.h"
#include "tools/report/style.h"
#include "tools/report/svg.h"

#define PARTLY_HEIGHT 4.0
#define ROW_SHARE     0.6  /* of the height of a name that its bar takes */
#define MIN_LETTER    16.0 /* width of a strip with a letter */

static gboolean
is_hatched(guint kind)
{
	return kind != VMFC_SPAN_GAP && kind != VMFC_SPAN_PARTLY;
}

/* ------------------------------------------------- stretches, below the lines */

static void
append_span(const VmfcPlotFrame *frame, const VmfcPlotSpan *span, const gchar *id, GString *svg)
{
	gdouble x = vmfc_plot_frame_get_x(frame, span->from);
	gdouble width = MAX(vmfc_plot_frame_get_x(frame, span->to) - x, 1);
	gdouble height = frame->bottom - frame->top;

	if (span->kind == VMFC_SPAN_PARTLY) {
		vmfc_svg_append_rect(svg, "partly", x, frame->bottom - PARTLY_HEIGHT, width,
				     PARTLY_HEIGHT);
	} else if (span->kind == VMFC_SPAN_GAP) {
		vmfc_svg_append_rect(svg, "gap", x, frame->top, width, height);
	} else {
		g_string_append_printf(svg, "<rect class=\"hatched\" fill=\"url(#%s%u)\" x=\"", id,
				       (guint)span->kind);
		vmfc_svg_append_length(svg, x);
		g_string_append(svg, "\" y=\"");
		vmfc_svg_append_length(svg, frame->top);
		g_string_append(svg, "\" width=\"");
		vmfc_svg_append_length(svg, width);
		g_string_append(svg, "\" height=\"");
		vmfc_svg_append_length(svg, height);
		g_string_append(svg, "\"/>\n");
	}
}

/* The workloads, as a strip above the area and faintly within it. */
static void
append_lane(const VmfcPlotFrame *frame, const VmfcPlotLane *lane, GString *svg)
{
	gdouble x = vmfc_plot_frame_get_x(frame, lane->from);
	gdouble width = vmfc_plot_frame_get_x(frame, lane->to) - x;
	const gchar letter[] = {vmfc_plot_legend_get_letter(lane->name), '\0'};
	g_autofree gchar *strip = g_strdup_printf("lane c%u", lane->name % 8);
	g_autofree gchar *area = g_strdup_printf("back c%u", lane->name % 8);

	vmfc_svg_append_rect(svg, area, x, frame->top, width, frame->bottom - frame->top);
	vmfc_svg_append_rect(svg, strip, x, frame->lane_top, width, VMFC_SVG_LANE_HEIGHT);
	if (width >= MIN_LETTER)
		vmfc_svg_append_text(svg, "letter", "middle", x + width / 2,
				     frame->lane_top + VMFC_SVG_LANE_HEIGHT - 3, letter);
}

/* A way of hatching for each kind of stretch. */
static void
append_patterns(const VmfcPlot *plot, const gchar *id, GString *svg)
{
	static const gchar *const lines[VMFC_N_SPANS] = {
		[VMFC_SPAN_MISSING] = "M0 6L6 0",
		[VMFC_SPAN_TRANSITION] = "M0 0L6 6",
		[VMFC_SPAN_STALE] = "M3 0V6",
		[VMFC_SPAN_OUT_OF_RANGE] = "M0 3H6",
	};
	gboolean is_used[VMFC_N_SPANS] = {FALSE};

	for (guint i = 0; i < plot->spans->len; i++)
		is_used[g_array_index(plot->spans, VmfcPlotSpan, i).kind] = TRUE;
	for (guint i = 0; i < VMFC_N_SPANS; i++) {
		if (is_used[i] && is_hatched(i))
			g_string_append_printf(
				svg,
				"<pattern id=\"%s%u\" width=\"6\" height=\"6\" "
				"patternUnits=\"userSpaceOnUse\"><path class=\"hatch h%u\" "
				"d=\"%s\"/></pattern>\n",
				id, i, i, lines[i]);
	}
}

/* -------------------------------------------------------------------- layers */

/* Returns: of the n-th point of a piece; a line continues without one */
static gchar
get_command(guint n)
{
	static const gchar commands[] = {'m', 'l', '\0'};
	return commands[MIN(n, 2)];
}

/* The band around a line, piece by piece between missing values. */
static void
append_band(const VmfcPlotFrame *frame, const VmfcPlotLayer *layer, GString *svg)
{
	const VmfcPlotPoint *points = (const VmfcPlotPoint *)(gpointer)layer->points->data;
	g_autofree gchar *class_name = g_strdup_printf("band c%u", layer->colour);
	guint n = layer->points->len;
	gboolean is_open = FALSE;
	VmfcSvgPath path;

	for (guint i = 0; i < n;) {
		guint end = i;
		while (end < n && isfinite(points[end].low) && isfinite(points[end].high))
			end++;
		if (end > i && !is_open)
			vmfc_svg_path_begin(&path, svg, class_name);
		is_open |= end > i;
		for (guint k = i; k < end; k++)
			vmfc_svg_path_add(&path, get_command(k - i),
					  vmfc_plot_frame_get_x(frame, points[k].x),
					  vmfc_plot_frame_get_y(frame, points[k].high));
		for (guint k = end; k-- > i;)
			vmfc_svg_path_add(&path, end == i + 1 ? 'l' : 0,
					  vmfc_plot_frame_get_x(frame, points[k].x),
					  vmfc_plot_frame_get_y(frame, points[k].low));
		i = end + 1;
	}
	if (is_open)
		vmfc_svg_path_end(&path);
}

/* A value between two missing ones is a dot. */
static void
append_line(const VmfcPlotFrame *frame, const VmfcPlotLayer *layer, GString *svg)
{
	const VmfcPlotPoint *points = (const VmfcPlotPoint *)(gpointer)layer->points->data;
	gboolean is_guide = layer->kind == VMFC_LAYER_GUIDE;
	g_autofree gchar *class_name = is_guide ? g_strdup("guide")
						: g_strdup_printf("line c%u", layer->colour);
	guint n_in_piece = 0;
	guint n_pieces = 0;
	VmfcSvgPath path;

	for (guint i = 0; i < layer->points->len; i++) {
		if (!isfinite(points[i].y)) {
			n_in_piece = 0;
			continue;
		}
		gdouble x = vmfc_plot_frame_get_x(frame, points[i].x);
		gdouble y = vmfc_plot_frame_get_y(frame, points[i].y);
		if (n_in_piece == 0 && n_pieces++ == 0)
			vmfc_svg_path_begin(&path, svg, class_name);
		if (n_in_piece == 0)
			vmfc_svg_path_add(&path, 'm', x, y);
		gboolean is_last = i + 1 == layer->points->len || !isfinite(points[i + 1].y);
		if (n_in_piece > 0 || is_last)
			vmfc_svg_path_add(&path, n_in_piece <= 1 ? 'l' : 0, x, y);
		n_in_piece++;
	}
	if (n_pieces > 0)
		vmfc_svg_path_end(&path);
}

static void
append_points(const VmfcPlotFrame *frame, const VmfcPlotLayer *layer, GString *svg)
{
	g_autofree gchar *class_name = g_strdup_printf("dot c%u s%u", layer->colour % 8,
						       layer->colour / 8);
	VmfcSvgPath path;

	if (layer->points->len == 0)
		return;
	vmfc_svg_path_begin(&path, svg, class_name);
	for (guint i = 0; i < layer->points->len; i++) {
		const VmfcPlotPoint *point = &g_array_index(layer->points, VmfcPlotPoint, i);
		vmfc_svg_path_add(&path, 'm', vmfc_plot_frame_get_x(frame, point->x),
				  vmfc_plot_frame_get_y(frame, point->y));
		g_string_append(svg, "h1"); /* of a tenth; the round ends of the line are the dot */
		path.x++;
	}
	vmfc_svg_path_end(&path);
}

static void
append_bars(const VmfcPlotFrame *frame, const VmfcPlotLayer *layer, GString *svg)
{
	g_autofree gchar *class_name = g_strdup_printf("bar c%u", layer->colour);

	for (guint i = 0; i < layer->points->len; i++) {
		const VmfcPlotPoint *point = &g_array_index(layer->points, VmfcPlotPoint, i);
		gdouble x = vmfc_plot_frame_get_x(frame, point->low);
		gdouble y = vmfc_plot_frame_get_y(frame, point->y);
		if (point->y > 0)
			vmfc_svg_append_rect(svg, class_name, x + 0.5, MIN(y, frame->bottom - 1),
					     vmfc_plot_frame_get_x(frame, point->high) - x - 1,
					     MAX(frame->bottom - y, 1));
	}
}

static void
append_rows(const VmfcPlotFrame *frame, const VmfcPlotLayer *layer, GString *svg)
{
	g_autofree gchar *class_name = g_strdup_printf("bar c%u", layer->colour);
	gdouble zero = vmfc_plot_frame_get_x(frame, 0);

	for (guint i = 0; i < layer->points->len; i++) {
		const VmfcPlotPoint *point = &g_array_index(layer->points, VmfcPlotPoint, i);
		gdouble top = vmfc_plot_frame_get_y(frame, point->x - ROW_SHARE / 2);
		gdouble bottom = vmfc_plot_frame_get_y(frame, point->x + ROW_SHARE / 2);
		gdouble middle = (top + bottom) / 2;
		if (isfinite(point->y)) {
			gdouble x = vmfc_plot_frame_get_x(frame, point->y);
			vmfc_svg_append_rect(svg, class_name, MIN(x, zero), top, fabs(x - zero),
					     bottom - top);
		}
		if (isfinite(point->low) && isfinite(point->high))
			vmfc_svg_append_line(svg, "whisker",
					     vmfc_plot_frame_get_x(frame, point->low), middle,
					     vmfc_plot_frame_get_x(frame, point->high), middle);
	}
}

static void
append_layer(const VmfcPlotFrame *frame, const VmfcPlotLayer *layer, GString *svg)
{
	switch (layer->kind) {
	case VMFC_LAYER_LINE:
		append_band(frame, layer, svg);
		append_line(frame, layer, svg);
		break;
	case VMFC_LAYER_GUIDE:
		append_line(frame, layer, svg);
		break;
	case VMFC_LAYER_BAND:
		append_band(frame, layer, svg);
		break;
	case VMFC_LAYER_POINTS:
		append_points(frame, layer, svg);
		break;
	case VMFC_LAYER_BARS:
		append_bars(frame, layer, svg);
		break;
	case VMFC_LAYER_ROWS:
		append_rows(frame, layer, svg);
		break;
	}
}

/* ----------------------------------------------------------------- the whole */

static void
append_element(const VmfcPlot *plot, gboolean is_alone, const gchar *id, GString *svg)
{
	g_autofree gchar *about = vmfc_plot_describe(plot);
	VmfcPlotFrame frame;

	vmfc_plot_frame_init(&frame, plot, is_alone);
	g_string_append_printf(svg, "<svg class=\"plot\"%s role=\"img\" viewBox=\"0 0 %.0f %.0f\" ",
			       is_alone ? " xmlns=\"http://www.w3.org/2000/svg\"" : "",
			       VMFC_SVG_WIDTH, ceil(frame.height));
	g_string_append_printf(svg, "aria-labelledby=\"%st %sd\">\n<title id=\"%st\">", id, id, id);
	vmfc_markup_append(svg, plot->title);
	g_string_append_printf(svg, "</title>\n<desc id=\"%sd\">", id);
	vmfc_markup_append(svg, about);
	g_string_append(svg, "</desc>\n");
	if (is_alone)
		g_string_append_printf(svg, "<style>%s</style>\n", vmfc_style_get_plot());
	append_patterns(plot, id, svg);
	vmfc_plot_frame_append_heading(&frame, svg);
	for (guint i = 0; i < plot->lanes->len; i++)
		append_lane(&frame, &g_array_index(plot->lanes, VmfcPlotLane, i), svg);
	for (guint i = 0; i < plot->spans->len; i++)
		append_span(&frame, &g_array_index(plot->spans, VmfcPlotSpan, i), id, svg);
	vmfc_plot_frame_append_axes(&frame, svg);
	for (guint i = 0; i < plot->layers->len; i++)
		append_layer(&frame, plot->layers->pdata[i], svg);
	vmfc_plot_legend_append(plot, is_alone, id,
				frame.height - vmfc_plot_legend_get_height(plot, is_alone), svg);
	g_string_append(svg, "</svg>\n");
}

/* @number: of the plot in the page, for its ids */
void
vmfc_plot_svg_append(const VmfcPlot *plot, guint number, GString *page)
{
	g_autofree gchar *id = g_strdup_printf("p%u", number);
	append_element(plot, FALSE, id, page);
}

/* Returns: (transfer full): a file with this plot alone */
gchar *
vmfc_plot_svg_build(const VmfcPlot *plot)
{
	g_autoptr(GString) svg = g_string_new(NULL);

	append_element(plot, TRUE, "p", svg);
	return g_string_free(g_steal_pointer(&svg), FALSE);
}
