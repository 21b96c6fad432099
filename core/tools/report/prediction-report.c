/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/prediction-report.h"

#include <math.h>

#include "tools/report/run-report.h"
#include "tools/report/time-plot.h"

#define POINTS_PER_COLUMN 8
/* The range of errors that a plot shows: all but 5 % at each end. */
#define LOW_SHARE  0.05
#define HIGH_SHARE 0.95
#define PERCENT	   100.0

static void
add_clouds(VmfcSection *section, const VmfcPredictionData *data, guint number, guint max_points)
{
	const VmfcPredictionZone *zone = &data->zones[number];
	const gchar *name = data->zone_names.names->pdata[number];

	if (zone->estimated.n == 0)
		return;
	VmfcPlot *plot = vmfc_section_add_plot(section, "estimated", "Estimated by measured power",
					       name);
	vmfc_plot_set_axes(plot, VMFC_AXIS_LINEAR, "measured", "W", "estimated", "W");
	vmfc_cloud_show(&zone->estimated, plot, data->groups.names, max_points);
	vmfc_plot_fit_axes(plot);
	vmfc_plot_add_guide(plot, "estimated = measured", 1);
	plot = vmfc_section_add_plot(section, "error-by-power", "Error by measured power", name);
	vmfc_plot_set_axes(plot, VMFC_AXIS_LINEAR, "measured", "W", "estimated − measured", "W");
	vmfc_cloud_show(&zone->errors, plot, data->groups.names, max_points);
	vmfc_plot_fit_axes(plot);
	vmfc_plot_add_guide(plot, "no error", 0);
}

/* Files of earlier versions do not tell the load. */
static void
add_over_load(VmfcSection *section, const VmfcPredictionData *data, guint number, guint max_points)
{
	const VmfcPredictionZone *zone = &data->zones[number];

	if (zone->by_load.n == 0)
		return;
	VmfcPlot *plot = vmfc_section_add_plot(section, "error-by-load", "Error by load",
					       data->zone_names.names->pdata[number]);
	vmfc_plot_set_axes(plot, VMFC_AXIS_LINEAR, "busy", "CPUs", "estimated − measured", "W");
	vmfc_cloud_show(&zone->by_load, plot, data->groups.names, max_points);
	vmfc_plot_fit_axes(plot);
	vmfc_plot_add_guide(plot, "no error", 0);
}

static void
add_over_time(VmfcSection *section, const VmfcPredictionData *data, guint number, guint n_columns)
{
	const VmfcPredictionZone *zone = &data->zones[number];
	const guint series[] = {0};
	const VmfcTimeSource source = {.grid = &zone->grid,
				       .gaps = &zone->gaps,
				       .lane_names = data->groups.names,
				       .mark = VMFC_SPAN_TRANSITION,
				       .n_columns = n_columns,
				       .start = vmfc_time_grid_get_first(&zone->grid)};

	if (!vmfc_time_plot_has_values(&source, 0))
		return;
	VmfcPlot *plot = vmfc_section_add_plot(section, "error-by-time", "Error over time",
					       data->zone_names.names->pdata[number]);
	vmfc_plot_set_axes(plot, VMFC_AXIS_TIME, "time since the first row", "s",
			   "estimated − measured", "W");
	vmfc_time_plot_add_line(plot, &source, 0, "error", 0);
	vmfc_time_plot_add_spans(plot, &source, series, 1);
	if (zone->time.is_shortened)
		vmfc_plot_add_note(plot, VMFC_SHORT_NOTE);
	vmfc_plot_fit_axes(plot);
}

static gdouble
divide(gdouble sum, guint64 n)
{
	return n > 0 ? sum / (gdouble)n : NAN;
}

/* A quantile is the middle of a bin, but no error is outside of their range. */
static gdouble
find_quantile(const VmfcErrors *errors, gdouble share)
{
	gdouble quantile = vmfc_sketch_find_quantile(errors->sketch, share);
	return isfinite(quantile) ? CLAMP(quantile, errors->minimum, errors->maximum) : NAN;
}

static void
add_groups(VmfcSection *section, const VmfcPredictionData *data, guint number)
{
	static const gchar *const headers[] = {"group",
					       "rows",
					       "mean absolute error, W",
					       "mean error, W",
					       "within the interval, %",
					       NULL};
	const VmfcPredictionZone *zone = &data->zones[number];
	const gchar *zone_name = data->zone_names.names->pdata[number];
	g_autofree gchar *title = g_strdup_printf("Errors by group: %s", zone_name);
	VmfcSheet *sheet = vmfc_section_add_sheet(section, title, headers);
	VmfcPlot *plot = vmfc_section_add_plot(section, "error-by-group", "Error by group",
					       zone_name);
	vmfc_plot_set_axes(plot, VMFC_AXIS_LINEAR, "estimated − measured", "W", "group", "name");
	plot->y.kind = VMFC_AXIS_NAMES;
	plot->y.names = g_ptr_array_new_with_free_func(g_free);
	VmfcPlotLayer *layer = vmfc_plot_add_layer(plot, VMFC_LAYER_ROWS,
						   "mean; line: 5 % to 95 % of rows", 0);

	for (guint i = 0; i < data->groups.names->len; i++) {
		const VmfcErrors *errors = &zone->groups[i];
		if (errors->n == 0)
			continue;
		vmfc_sheet_add_text(sheet, data->groups.names->pdata[i]);
		vmfc_sheet_add_number(sheet, (gdouble)errors->n);
		vmfc_sheet_add_number(sheet, divide(errors->sum_of_sizes, errors->n));
		vmfc_sheet_add_number(sheet, divide(errors->sum, errors->n));
		vmfc_sheet_add_number(
			sheet, divide(PERCENT * (gdouble)errors->n_held, errors->n_interval));
		vmfc_plot_layer_add(layer, plot->y.names->len, divide(errors->sum, errors->n),
				    find_quantile(errors, LOW_SHARE),
				    find_quantile(errors, HIGH_SHARE));
		g_ptr_array_add(plot->y.names, g_strdup(data->groups.names->pdata[i]));
	}
	vmfc_plot_fit_axes(plot);
}

/* See vmfc_run_report_build(). */
VmfcSection *
vmfc_prediction_report_build(const VmfcPredictionData *data, guint n_columns, guint max_rows)
{
	VmfcSection *section = vmfc_section_new("Predictions", data->table->source->path);

	vmfc_run_report_add_rows(section, data->table);
	vmfc_names_add_to_section(&data->groups, section);
	for (guint i = 0; i < data->n_zones; i++) {
		add_clouds(section, data, i, n_columns * POINTS_PER_COLUMN);
		add_over_load(section, data, i, n_columns * POINTS_PER_COLUMN);
		add_over_time(section, data, i, n_columns);
		add_groups(section, data, i);
	}
	if (data->zone_names.names->len > VMFC_ZONES_MAX)
		vmfc_section_add_note(section, "Plots show the first %d zones of %u.",
				      VMFC_ZONES_MAX, data->zone_names.names->len);
	vmfc_run_report_add_columns(section, data->summaries, &data->facts, max_rows);
	return section;
}
