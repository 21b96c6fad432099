/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/plot-legend.h"

#include <math.h>

#include "tools/report/svg.h"

#define SAMPLE	    20.0 /* width of what stands before a name */
#define SPACE	    14.0 /* after a name */
#define LINE_HEIGHT 20.0
#define MAX_NAME    (VMFC_SVG_WIDTH - SAMPLE - 20)

/* One entry, where it is placed. */
typedef struct {
	gint layer; /* or -1 */
	gint span;
	gint lane;
	gchar *text;
	gdouble x;
	guint line;
} Entry;

static void
clear_entry(gpointer data)
{
	g_free(((Entry *)data)->text);
}

static void
add_entry(GArray *entries, gint layer, gint span, gint lane, const gchar *text)
{
	const Entry entry = {.layer = layer,
			     .span = span,
			     .lane = lane,
			     .text = vmfc_svg_shorten(text, MAX_NAME)};
	g_array_append_val(entries, entry);
}

static gboolean
has_span(const VmfcPlot *plot, guint kind)
{
	for (guint i = 0; i < plot->spans->len; i++) {
		if (g_array_index(plot->spans, VmfcPlotSpan, i).kind == kind)
			return TRUE;
	}
	return FALSE;
}

static gboolean
has_lane(const VmfcPlot *plot, guint name)
{
	for (guint i = 0; i < plot->lanes->len; i++) {
		if (g_array_index(plot->lanes, VmfcPlotLane, i).name == name)
			return TRUE;
	}
	return FALSE;
}

/* Returns: (transfer full): of Entry, line by line from left to right */
static GArray *
list_entries(const VmfcPlot *plot, gboolean has_lane_names)
{
	GArray *entries = g_array_new(FALSE, FALSE, sizeof(Entry));
	gdouble x = 0;
	guint line = 0;

	g_array_set_clear_func(entries, clear_entry);
	for (guint i = 0; i < plot->layers->len; i++)
		add_entry(entries, (gint)i, -1, -1,
			  ((const VmfcPlotLayer *)plot->layers->pdata[i])->name);
	for (guint i = 0; i < VMFC_N_SPANS; i++) {
		if (has_span(plot, i))
			add_entry(entries, -1, (gint)i, -1, vmfc_plot_get_span_name(i));
	}
	for (guint i = 0; has_lane_names && i < plot->lane_names->len; i++) {
		if (has_lane(plot, i))
			add_entry(entries, -1, -1, (gint)i, plot->lane_names->pdata[i]);
	}
	for (guint i = 0; i < entries->len; i++) {
		Entry *entry = &g_array_index(entries, Entry, i);
		gdouble width = SAMPLE + 4 + vmfc_svg_measure(entry->text) + SPACE;
		if (x > 0 && x + width > VMFC_SVG_WIDTH) {
			x = 0;
			line++;
		}
		entry->x = x;
		entry->line = line;
		x += width;
	}
	return entries;
}

gdouble
vmfc_plot_legend_get_height(const VmfcPlot *plot, gboolean has_lane_names)
{
	g_autoptr(GArray) entries = list_entries(plot, has_lane_names);

	if (entries->len == 0)
		return 0;
	return LINE_HEIGHT * (g_array_index(entries, Entry, entries->len - 1).line + 1) + 6;
}

/* A, B, ... for the workloads of a run. */
gchar
vmfc_plot_legend_get_letter(guint lane)
{
	return (gchar)('A' + lane % 26);
}

static void
append_layer_sample(const VmfcPlotLayer *layer, gdouble x, gdouble y, GString *svg)
{
	g_autofree gchar *line = g_strdup_printf("line c%u", layer->colour);
	g_autofree gchar *dot = g_strdup_printf("dot c%u s%u", layer->colour % 8,
						layer->colour / 8);
	g_autofree gchar *band = g_strdup_printf("band c%u", layer->colour);
	g_autofree gchar *bar = g_strdup_printf("bar c%u", layer->colour);

	if (layer->kind == VMFC_LAYER_GUIDE)
		vmfc_svg_append_line(svg, "guide", x, y, x + SAMPLE, y);
	else if (layer->kind == VMFC_LAYER_LINE)
		vmfc_svg_append_line(svg, line, x, y, x + SAMPLE, y);
	else if (layer->kind == VMFC_LAYER_POINTS)
		vmfc_svg_append_line(svg, dot, x + SAMPLE / 2, y, x + SAMPLE / 2 + 0.1, y);
	else
		vmfc_svg_append_rect(svg, layer->kind == VMFC_LAYER_BAND ? band : bar, x, y - 5,
				     SAMPLE, 10);
}

/* @id: of the plot, with which the ids of its patterns begin */
static void
append_span_sample(guint kind, const gchar *id, gdouble x, gdouble y, GString *svg)
{
	static const gchar *const class_names[] = {
		[VMFC_SPAN_GAP] = "gap",
		[VMFC_SPAN_PARTLY] = "partly",
	};
	if (kind == VMFC_SPAN_GAP || kind == VMFC_SPAN_PARTLY) {
		vmfc_svg_append_rect(svg, class_names[kind], x, y - 6, SAMPLE, 12);
		return;
	}
	g_string_append_printf(svg,
			       "<rect class=\"hatched\" fill=\"url(#%s%u)\" x=\"%.0f\" y=\"%.0f\" "
			       "width=\"%.0f\" height=\"12\"/>\n",
			       id, kind, x, y - 6, SAMPLE);
}

static void
append_lane_sample(guint lane, gdouble x, gdouble y, GString *svg)
{
	const gchar letter[] = {vmfc_plot_legend_get_letter(lane), '\0'};
	g_autofree gchar *class_name = g_strdup_printf("lane c%u", lane % 8);

	vmfc_svg_append_rect(svg, class_name, x, y - VMFC_SVG_LANE_HEIGHT / 2, SAMPLE,
			     VMFC_SVG_LANE_HEIGHT);
	vmfc_svg_append_text(svg, "letter", "middle", x + SAMPLE / 2, y + 4, letter);
}

void
vmfc_plot_legend_append(const VmfcPlot *plot, gboolean has_lane_names, const gchar *id, gdouble top,
			GString *svg)
{
	g_autoptr(GArray) entries = list_entries(plot, has_lane_names);

	for (guint i = 0; i < entries->len; i++) {
		const Entry *entry = &g_array_index(entries, Entry, i);
		gdouble y = top + LINE_HEIGHT * (entry->line + 0.5);
		if (entry->layer >= 0)
			append_layer_sample(plot->layers->pdata[entry->layer], entry->x, y, svg);
		else if (entry->span >= 0)
			append_span_sample((guint)entry->span, id, entry->x, y, svg);
		else
			append_lane_sample((guint)entry->lane, entry->x, y, svg);
		vmfc_svg_append_text(svg, "key", "start", entry->x + SAMPLE + 4, y + 5,
				     entry->text);
	}
}
