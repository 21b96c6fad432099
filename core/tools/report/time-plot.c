/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/time-plot.h"

#include <math.h>

#include "tools/report/svg.h"

/* A gap of less than this share of the picture is not visible. */
#define MIN_VISIBLE (0.5 / VMFC_SVG_WIDTH)

static gdouble
get_middle(const VmfcTimeSource *source, const VmfcTimeSlot *slot)
{
	return (slot->first + slot->last) / 2 - source->start;
}

static const VmfcTimeColumn *
get_column(const GArray *columns, guint i)
{
	return &g_array_index(columns, VmfcTimeColumn, i);
}

/* Whether there is a gap between two columns. @next_gap: (inout): where to look, from 0 */
static gboolean
is_gap_between(const VmfcTimeSource *source, const VmfcTimeSlot *slot, const VmfcTimeSlot *next,
	       guint *next_gap)
{
	const GArray *gaps = source->gaps->gaps;

	while (*next_gap < gaps->len && g_array_index(gaps, VmfcGap, *next_gap).from < slot->last)
		(*next_gap)++;
	return *next_gap < gaps->len && g_array_index(gaps, VmfcGap, *next_gap).from < next->first;
}

static void
add_break(VmfcPlotLayer *layer)
{
	vmfc_plot_layer_add(layer, NAN, NAN, NAN, NAN);
}

gboolean
vmfc_time_plot_has_values(const VmfcTimeSource *source, guint series)
{
	for (guint i = 0; i < VMFC_TIME_GRID_SLOTS; i++) {
		if (source->grid->cells[(gsize)i * source->grid->n_series + series].n > 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean
has_several_in_one(const GArray *columns)
{
	for (guint i = 0; i < columns->len; i++) {
		if (get_column(columns, i)->cell.n > 1)
			return TRUE;
	}
	return FALSE;
}

/* The mean of each column of pixels, with a band from its minimum to its maximum. */
void
vmfc_time_plot_add_line(VmfcPlot *plot, const VmfcTimeSource *source, guint series,
			const gchar *name, guint colour)
{
	g_autoptr(GArray) columns = vmfc_time_grid_join(source->grid, source->n_columns, series);
	VmfcPlotLayer *layer = vmfc_plot_add_layer(plot, VMFC_LAYER_LINE, name, colour);
	gboolean has_band = has_several_in_one(columns);
	guint next_gap = 0;

	for (guint i = 0; i < columns->len; i++) {
		const VmfcTimeColumn *column = get_column(columns, i);
		if (column->cell.n == 0)
			add_break(layer);
		else
			vmfc_plot_layer_add(layer, get_middle(source, &column->slot),
					    column->cell.sum / (gdouble)column->cell.n,
					    has_band ? column->cell.minimum : NAN,
					    has_band ? column->cell.maximum : NAN);
		if (i + 1 < columns->len &&
		    is_gap_between(source, &column->slot, &get_column(columns, i + 1)->slot,
				   &next_gap))
			add_break(layer);
	}
}

/* A band from the minimum of one series to the maximum of another one. */
void
vmfc_time_plot_add_interval(VmfcPlot *plot, const VmfcTimeSource *source, guint low, guint high,
			    const gchar *name, guint colour)
{
	g_autoptr(GArray) lows = vmfc_time_grid_join(source->grid, source->n_columns, low);
	g_autoptr(GArray) highs = vmfc_time_grid_join(source->grid, source->n_columns, high);
	VmfcPlotLayer *layer = vmfc_plot_add_layer(plot, VMFC_LAYER_BAND, name, colour);
	guint next_gap = 0;

	for (guint i = 0; i < lows->len; i++) {
		const VmfcTimeColumn *column = get_column(lows, i);
		const VmfcTimeCell *other = &get_column(highs, i)->cell;
		if (column->cell.n == 0 || other->n == 0)
			add_break(layer);
		else
			vmfc_plot_layer_add(layer, get_middle(source, &column->slot), NAN,
					    column->cell.minimum, other->maximum);
		if (i + 1 < lows->len && is_gap_between(source, &column->slot,
							&get_column(lows, i + 1)->slot, &next_gap))
			add_break(layer);
	}
}

/* ------------------------------------------------------------------ stretches */

/* The half of the step between two columns that one of them covers; nothing of a gap. */
static gdouble
find_half(const VmfcTimeSource *source, const VmfcTimeSlot *slot, const VmfcTimeSlot *next)
{
	guint first = 0;
	return is_gap_between(source, slot, next, &first) ? 0 : (next->first - slot->last) / 2;
}

/* The stretch of a column of pixels: halfway to its neighbours. */
static void
find_stretch(const VmfcTimeSource *source, const GArray *columns, guint i, gdouble *from,
	     gdouble *to)
{
	const VmfcTimeSlot *slot = &get_column(columns, i)->slot;

	*from = slot->first - source->start;
	*to = slot->last - source->start;
	if (i > 0)
		*from -= find_half(source, &get_column(columns, i - 1)->slot, slot);
	if (i + 1 < columns->len)
		*to += find_half(source, slot, &get_column(columns, i + 1)->slot);
}

static void
add_lane(VmfcPlot *plot, guint name, gdouble from, gdouble to)
{
	const VmfcPlotLane lane = {name, from, to};
	VmfcPlotLane *last = plot->lanes->len > 0 ? &g_array_index(plot->lanes, VmfcPlotLane,
								   plot->lanes->len - 1)
						  : NULL;

	if (last != NULL && last->name == name && last->to >= from - (to - from) / 2)
		last->to = to;
	else
		g_array_append_val(plot->lanes, lane);
}

static void
add_gaps(VmfcPlot *plot, const VmfcTimeSource *source)
{
	gdouble range = vmfc_time_grid_get_last(source->grid) - source->start;

	if (source->gaps->n > source->gaps->gaps->len)
		vmfc_plot_add_note(plot,
				   "The longest %u of %" G_GUINT64_FORMAT
				   " gaps are shown; lines cross the others.",
				   source->gaps->gaps->len, source->gaps->n);
	for (guint i = 0; i < source->gaps->gaps->len; i++) {
		const VmfcGap *gap = &g_array_index(source->gaps->gaps, VmfcGap, i);
		if (gap->to - gap->from >= range * MIN_VISIBLE)
			vmfc_plot_add_span(plot, VMFC_SPAN_GAP, gap->from - source->start,
					   gap->to - source->start);
	}
}

/* How many of the series lack a value in each column of pixels: none, some of its rows, or all. */
static void
count_missing(const VmfcTimeSource *source, const guint *series, guint n_series, GArray *partly,
	      GArray *all)
{
	for (guint s = 0; s < n_series; s++) {
		if (!vmfc_time_plot_has_values(source, series[s]))
			continue;
		g_autoptr(GArray) columns = vmfc_time_grid_join(source->grid, source->n_columns,
								series[s]);
		for (guint i = 0; i < columns->len; i++) {
			const VmfcTimeColumn *column = get_column(columns, i);
			g_array_index(partly, gboolean, i) |= column->cell.n < column->slot.n_rows;
			g_array_index(all, gboolean, i) &= column->cell.n == 0;
		}
	}
}

static GArray *
new_flags(guint n, gboolean value)
{
	GArray *flags = g_array_sized_new(FALSE, FALSE, sizeof(gboolean), n);

	for (guint i = 0; i < n; i++)
		g_array_append_val(flags, value);
	return flags;
}

static void
add_lanes(VmfcPlot *plot, const VmfcTimeSource *source, const GArray *columns)
{
	gdouble from;
	gdouble to;

	for (guint i = 0; source->lane_names != NULL && i < source->lane_names->len; i++)
		g_ptr_array_add(plot->lane_names, g_strdup(source->lane_names->pdata[i]));
	for (guint i = 0; i < columns->len; i++) {
		guint16 label = get_column(columns, i)->slot.label;
		find_stretch(source, columns, i, &from, &to);
		if (label < plot->lane_names->len)
			add_lane(plot, label, from, to);
	}
}

/* @is_all: whether the plot has no other series: where all of these lack a value, it has none */
static void
add_missing(VmfcPlot *plot, const VmfcTimeSource *source, const GArray *columns,
	    const guint *series, guint n_series, gboolean is_all, gdouble shift)
{
	g_autoptr(GArray) partly = new_flags(columns->len, FALSE);
	g_autoptr(GArray) all = new_flags(columns->len, TRUE);
	gdouble from;
	gdouble to;

	count_missing(source, series, n_series, partly, all);
	for (guint i = 0; i < columns->len; i++) {
		find_stretch(source, columns, i, &from, &to);
		if (is_all && g_array_index(all, gboolean, i))
			vmfc_plot_add_span(plot, VMFC_SPAN_MISSING, from + shift, to + shift);
		else if (g_array_index(partly, gboolean, i))
			vmfc_plot_add_span(plot, VMFC_SPAN_PARTLY, from + shift, to + shift);
	}
}

static void
add_marks(VmfcPlot *plot, const VmfcTimeSource *source, const GArray *columns, gdouble shift)
{
	gdouble from;
	gdouble to;

	for (guint i = 0; i < columns->len; i++) {
		const VmfcTimeSlot *slot = &get_column(columns, i)->slot;
		find_stretch(source, columns, i, &from, &to);
		if (slot->n_marked > 0)
			vmfc_plot_add_span(plot, source->mark, from + shift, to + shift);
		if (source->is_estimated && slot->n_out_of_range > 0)
			vmfc_plot_add_span(plot, VMFC_SPAN_OUT_OF_RANGE, from, to);
	}
}

/* Marks gaps, missing values, marked rows and workloads. @series: those that the plot shows */
void
vmfc_time_plot_add_spans(VmfcPlot *plot, const VmfcTimeSource *source, const guint *series,
			 guint n_series)
{
	g_autoptr(GArray) columns = vmfc_time_grid_join(source->grid, source->n_columns, 0);

	add_gaps(plot, source);
	add_lanes(plot, source, columns);
	add_missing(plot, source, columns, series, n_series, TRUE, 0);
	add_marks(plot, source, columns, 0);
}

/* The same where all series but the first are shifted, and marks are about these. */
void
vmfc_time_plot_add_shifted_spans(VmfcPlot *plot, const VmfcTimeSource *source, const guint *series,
				 guint n_series, gdouble shift)
{
	g_autoptr(GArray) columns = vmfc_time_grid_join(source->grid, source->n_columns, 0);

	add_gaps(plot, source);
	add_lanes(plot, source, columns);
	add_missing(plot, source, columns, series, 1, FALSE, 0);
	add_missing(plot, source, columns, series + 1, n_series - 1, FALSE, shift);
	add_marks(plot, source, columns, shift);
}
