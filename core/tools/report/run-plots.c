/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/run-plots.h"

#include <math.h>

#include "tools/report/time-plot.h"

/* A line, and the interval around it, have one colour. */
static void
add_lines(VmfcPlot *plot, const VmfcTimeSource *source, const VmfcPicture *picture, guint first)
{
	guint series = first;
	guint colour = 0;

	for (guint k = 0; k < picture->lines->len; k++) {
		const VmfcPictureLine *line = &g_array_index(picture->lines, VmfcPictureLine, k);
		gboolean has_values = vmfc_time_plot_has_values(source, series);
		gboolean has_interval = line->low >= 0 && line->high >= 0;
		g_autofree gchar *interval = g_strdup_printf("interval of %s", line->name);
		if (has_interval && has_values)
			vmfc_time_plot_add_interval(plot, source, series + 1, series + 2, interval,
						    colour);
		if (has_values)
			vmfc_time_plot_add_line(plot, source, series, line->name, colour++);
		series += has_interval ? 3 : 1;
	}
}

/*
 * @series: (out): of the lines that should have a value in each row
 *
 * Returns: how many series the picture has in all
 */
static guint
list_series(const VmfcPicture *picture, guint first, guint series[VMFC_PICTURE_MAX_LINES],
	    guint *n_needed)
{
	guint next = first;

	*n_needed = 0;
	for (guint k = 0; k < picture->lines->len; k++) {
		const VmfcPictureLine *line = &g_array_index(picture->lines, VmfcPictureLine, k);
		if (!line->is_label)
			series[(*n_needed)++] = next;
		next += line->low >= 0 && line->high >= 0 ? 3 : 1;
	}
	return next - first;
}

static gboolean
is_empty(const VmfcTimeSource *source, const guint *series, guint n_series)
{
	for (guint i = 0; i < n_series; i++) {
		if (vmfc_time_plot_has_values(source, series[i]))
			return FALSE;
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
	vmfc_run_plots_add_histogram(section, data->deviations, "window-length",
				     "Length of windows",
				     "difference from the interval, without sign");
}

/* @n_columns: of pixels, at most */
void
vmfc_run_plots_add(VmfcSection *section, const VmfcRunData *data, guint n_columns)
{
	const VmfcTimeSource source = {.grid = &data->grid,
				       .gaps = &data->gaps,
				       .lane_names = data->workloads.names,
				       .mark = VMFC_SPAN_TRANSITION,
				       .n_columns = n_columns,
				       .start = vmfc_time_grid_get_first(&data->grid)};
	g_autoptr(GString) empty = g_string_new(NULL);
	guint first = 0;

	for (guint i = 0; i < data->pictures->len; i++) {
		const VmfcPicture *picture = data->pictures->pdata[i];
		guint series[VMFC_PICTURE_MAX_LINES];
		guint n_needed;
		guint n_series = list_series(picture, first, series, &n_needed);
		if (is_empty(&source, series, n_needed)) {
			g_string_append_printf(empty, "%s%s", empty->len > 0 ? ", " : "",
					       picture->title);
		} else {
			VmfcPlot *plot = vmfc_plot_new(picture->name, picture->title);
			vmfc_plot_set_axes(plot, VMFC_AXIS_TIME, "time since the first row", "s",
					   picture->label, picture->unit);
			add_lines(plot, &source, picture, first);
			vmfc_time_plot_add_spans(plot, &source, series, n_needed);
			vmfc_plot_fit_axes(plot);
			g_ptr_array_add(section->plots, plot);
		}
		first += n_series;
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

	if (bars->len == 0)
		return;
	VmfcPlot *plot = vmfc_plot_new(name, title);
	vmfc_plot_set_axes(plot, VMFC_AXIS_LOG, label, "µs", "rows", "count");
	VmfcPlotLayer *layer = vmfc_plot_add_layer(plot, VMFC_LAYER_BARS, "rows", 0);
	for (guint i = 0; i < bars->len; i++) {
		const VmfcSketchBar *bar = &g_array_index(bars, VmfcSketchBar, i);
		vmfc_plot_layer_add(layer, log10(bar->from), (gdouble)bar->n, log10(bar->from),
				    log10(bar->to));
	}
	if (sketch->n_zero > 0)
		plot->note = g_strdup_printf("%" G_GUINT64_FORMAT " rows with 0 are not shown.",
					     sketch->n_zero);
	vmfc_plot_fit_axes(plot);
	g_ptr_array_add(section->plots, plot);
}
