/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/run-plots.h"

#include <math.h>

#include "tools/report/time-plot.h"

/* Of the columns that a plot does not show. */
#define MAX_NAMED 8

/*
 * A line, and the interval around it, have one colour. Lines without values are left out, and those
 * for which there is no colour are named.
 *
 * @shown: (out): the series that the plot has and that should have a value in each row
 */
static void
add_lines(VmfcPlot *plot, const VmfcTimeSource *source, const VmfcPicture *picture, guint first,
	  GArray *shown)
{
	guint series = first;
	guint colour = 0;
	guint n_left_out = picture->n_not_read;
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint k = 0; k < picture->lines->len; k++) {
		const VmfcPictureLine *line = &g_array_index(picture->lines, VmfcPictureLine, k);
		gboolean has_values = vmfc_time_plot_has_values(source, series);
		gboolean has_interval = line->low >= 0 && line->high >= 0;
		g_autofree gchar *interval = g_strdup_printf("interval of %s", line->name);
		if (has_values && colour == VMFC_PICTURE_MAX_LINES) {
			if (n_left_out++ < picture->n_not_read + MAX_NAMED)
				g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : ": ",
						       line->name);
		} else if (has_values) {
			if (has_interval)
				vmfc_time_plot_add_interval(plot, source, series + 1, series + 2,
							    interval, colour);
			vmfc_time_plot_add_line(plot, source, series, line->name, colour++);
			if (!line->is_label)
				g_array_append_val(shown, series);
		}
		series += has_interval ? 3 : 1;
	}
	if (n_left_out > 0)
		vmfc_plot_add_note(plot, "%u further columns are not shown%s.", n_left_out,
				   names->str);
}

static guint
count_series(const VmfcPicture *picture)
{
	guint n = 0;

	for (guint k = 0; k < picture->lines->len; k++) {
		const VmfcPictureLine *line = &g_array_index(picture->lines, VmfcPictureLine, k);
		n += line->low >= 0 && line->high >= 0 ? 3 : 1;
	}
	return n;
}

/* Whether no line has a value, except for labels. */
static gboolean
is_empty(const VmfcTimeSource *source, const VmfcPicture *picture, guint first)
{
	guint series = first;

	for (guint k = 0; k < picture->lines->len; k++) {
		const VmfcPictureLine *line = &g_array_index(picture->lines, VmfcPictureLine, k);
		if (!line->is_label && vmfc_time_plot_has_values(source, series))
			return FALSE;
		series += line->low >= 0 && line->high >= 0 ? 3 : 1;
	}
	return TRUE;
}

static void
add_histogram_of_lateness(VmfcSection *section, const VmfcRunData *data)
{
	const VmfcColumnSummary *lateness = vmfc_column_summaries_find(data->summaries,
								       "tick_lateness_us");
	if (lateness != NULL && lateness->sketch != NULL)
		vmfc_run_plots_add_histogram(section, lateness->sketch, "lateness",
					     "Lateness of ticks", "lateness");
	vmfc_run_plots_add_histogram(section, data->longer, "window-longer",
				     "Windows longer than the interval", "longer by");
	vmfc_run_plots_add_histogram(section, data->shorter, "window-shorter",
				     "Windows shorter than the interval", "shorter by");
}

static void
add_picture(VmfcSection *section, const VmfcTimeSource *source, const VmfcPicture *picture,
	    guint first)
{
	g_autoptr(GArray) shown = g_array_new(FALSE, FALSE, sizeof(guint));
	VmfcPlot *plot = vmfc_plot_new(picture->name, picture->title);

	vmfc_plot_set_axes(plot, VMFC_AXIS_TIME, "time since the first row", "s", picture->label,
			   picture->unit);
	add_lines(plot, source, picture, first, shown);
	vmfc_time_plot_add_spans(plot, source, (const guint *)(gpointer)shown->data, shown->len);
	vmfc_plot_fit_axes(plot);
	g_ptr_array_add(section->plots, plot);
}

/* @n_columns: of pixels, at most */
void
vmfc_run_plots_add(VmfcSection *section, const VmfcRunData *data, guint n_columns)
{
	VmfcTimeSource source = {.grid = &data->grid,
				 .gaps = &data->gaps,
				 .lane_names = data->workloads.names,
				 .mark = VMFC_SPAN_TRANSITION,
				 .n_columns = n_columns,
				 .start = vmfc_time_grid_get_first(&data->grid)};
	g_autoptr(GString) empty = g_string_new(NULL);
	guint first = 0;

	for (guint i = 0; i < data->pictures->len; i++) {
		const VmfcPicture *picture = data->pictures->pdata[i];
		source.is_estimated = picture->is_estimated;
		if (is_empty(&source, picture, first))
			g_string_append_printf(empty, "%s%s", empty->len > 0 ? ", " : "",
					       picture->title);
		else
			add_picture(section, &source, picture, first);
		first += count_series(picture);
	}
	if (empty->len > 0)
		vmfc_section_add_note(section,
				      "Without a plot, because no row has a value: %s. The table "
				      "of columns has the reasons.",
				      empty->str);
	add_histogram_of_lateness(section, data);
}

/* @sketch: of values in us; nothing is added if it is empty */
void
vmfc_run_plots_add_histogram(VmfcSection *section, const VmfcSketch *sketch, const gchar *name,
			     const gchar *title, const gchar *label)
{
	g_autoptr(GArray) bars = vmfc_sketch_list_bars(sketch);
	guint64 n_not_shown = sketch->n;

	for (guint i = 0; i < bars->len; i++)
		n_not_shown -= g_array_index(bars, VmfcSketchBar, i).n;
	if (bars->len == 0) {
		if (n_not_shown > 0)
			vmfc_section_add_note(section,
					      "%s: without a plot, because none of the "
					      "%" G_GUINT64_FORMAT " values is above 0.",
					      title, n_not_shown);
		return;
	}
	VmfcPlot *plot = vmfc_plot_new(name, title);
	vmfc_plot_set_axes(plot, VMFC_AXIS_LOG, label, "µs", "rows", "count");
	VmfcPlotLayer *layer = vmfc_plot_add_layer(plot, VMFC_LAYER_BARS, "rows", 0);
	for (guint i = 0; i < bars->len; i++) {
		const VmfcSketchBar *bar = &g_array_index(bars, VmfcSketchBar, i);
		vmfc_plot_layer_add(layer, log10(bar->from), (gdouble)bar->n, log10(bar->from),
				    log10(bar->to));
	}
	if (n_not_shown > 0)
		vmfc_plot_add_note(plot, "%" G_GUINT64_FORMAT " rows with 0 or less are not shown.",
				   n_not_shown);
	vmfc_plot_fit_axes(plot);
	g_ptr_array_add(section->plots, plot);
}
