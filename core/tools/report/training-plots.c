/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/training-plots.h"

#include <math.h>

#include "base/document.h"
#include "tools/report/json-number.h"
#include "tools/report/time-plot.h"

#define PERCENT		100.0
#define POINTS_PER_LINE 8 /* so many points of a cloud need the room of one line */

/* ---------------------------------------------------------- power by CPU use */

static void
add_cloud(VmfcSection *section, const VmfcTrainingData *data, guint zone, guint max_points)
{
	g_autofree gchar *name = vmfc_plot_build_name("power-by-cpu", data->zones.names[zone]);
	g_autofree gchar *title = g_strdup_printf("Power of %s by CPU use",
						  data->zones.names[zone]);
	g_autoptr(GPtrArray) one = g_ptr_array_new();
	const GPtrArray *names = data->workloads.names;

	if (data->clouds[zone].n == 0)
		return;
	if (data->workload_column < 0) {
		g_ptr_array_add(one, (gpointer) "rows");
		names = one;
	}
	VmfcPlot *plot = vmfc_plot_new(name, title);
	vmfc_plot_set_axes(plot, VMFC_AXIS_LINEAR, data->cpu_name, "%", "power", "W");
	vmfc_cloud_show(&data->clouds[zone], plot, names, max_points);
	vmfc_plot_fit_axes(plot);
	g_ptr_array_add(section->plots, plot);
}

/* ------------------------------------------------------- before and after lag */

/* Returns: the object of the run in the meta file, or %NULL */
static JsonObject *
find_run(const VmfcTrainingData *data, guint run)
{
	JsonObject *root = vmfc_run_facts_get_root(&data->facts);
	JsonArray *runs = root != NULL ? vmfc_document_get_array(root, "runs") : NULL;

	for (guint i = 0; runs != NULL && i < json_array_get_length(runs); i++) {
		JsonNode *node = json_array_get_element(runs, i);
		JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node)
								  : NULL;
		if (object == NULL)
			continue;
		if (data->run_column < 0 || run >= data->runs.names->len ||
		    g_strcmp0(vmfc_document_get_string(object, "run"),
			      data->runs.names->pdata[run]) == 0)
			return object;
	}
	return NULL;
}

/* Returns: NaN if it is not known */
static gdouble
find_lag(const VmfcTrainingData *data, guint run)
{
	JsonObject *object = find_run(data, run);
	JsonObject *offset = object != NULL ? vmfc_document_get_object(object, "offset") : NULL;
	gdouble lag;

	return offset != NULL && vmfc_document_get_number(offset, "applied_seconds", &lag) ? lag
											   : NAN;
}

/* Makes the last layer a share of its maximum, and shifts it. */
static void
scale_layer(VmfcPlot *plot, gdouble maximum, gdouble shift)
{
	VmfcPlotLayer *layer = plot->layers->pdata[plot->layers->len - 1];

	for (guint i = 0; i < layer->points->len; i++) {
		VmfcPlotPoint *point = &g_array_index(layer->points, VmfcPlotPoint, i);
		point->x += shift;
		point->y *= PERCENT / maximum;
		point->low *= PERCENT / maximum;
		point->high *= PERCENT / maximum;
	}
}

/* Returns: the largest value; 0 if there is none above it */
static gdouble
find_maximum(const VmfcTimeGrid *grid, guint series)
{
	gdouble maximum = 0;

	for (guint i = 0; i < VMFC_TIME_GRID_SLOTS; i++) {
		const VmfcTimeCell *cell = &grid->cells[(gsize)i * grid->n_series + series];
		if (cell->n > 0)
			maximum = MAX(maximum, cell->maximum);
	}
	return maximum;
}

static void
add_share(VmfcPlot *plot, const VmfcTimeSource *source, guint series, const gchar *what,
	  const gchar *unit, gdouble shift)
{
	gdouble maximum = find_maximum(source->grid, series);
	g_autofree gchar *name = g_strdup_printf("%s (100 %% = %.4g %s)", what, maximum, unit);

	if (maximum <= 0)
		return;
	vmfc_time_plot_add_line(plot, source, series, name, series);
	scale_layer(plot, maximum, shift);
}

/* @shift: of the power, in s */
static void
add_time_plot(VmfcSection *section, const VmfcTrainingData *data, guint run, const gchar *when,
	      const gchar *name, gdouble shift, guint n_columns)
{
	const VmfcTrainingRun *one = &data->run_data[run];
	guint series[1 + VMFC_ZONES_MAX];
	const VmfcTimeSource source = {.grid = &one->grid,
				       .gaps = &one->gaps,
				       .lane_names = data->workloads.names,
				       .mark = VMFC_SPAN_STALE,
				       .n_columns = n_columns,
				       .start = vmfc_time_grid_get_first(&one->grid)};
	const gchar *run_name = data->run_column >= 0 && data->runs.names->len > 1
					? data->runs.names->pdata[run]
					: NULL;
	g_autofree gchar *number = g_strdup_printf("%u", run + 1);
	g_autofree gchar *full_name = vmfc_plot_build_name(name, number);
	g_autofree gchar *title = run_name != NULL ? g_strdup_printf("%s: %s", when, run_name)
						   : g_strdup(when);

	if (!one->grid.has_rows)
		return;
	VmfcPlot *plot = vmfc_plot_new(full_name, title);
	vmfc_plot_set_axes(plot, VMFC_AXIS_TIME, "time since the first row", "s",
			   "share of the maximum", "%");
	add_share(plot, &source, 0, "CPU use", "%", 0);
	for (guint i = 0; i < data->zones.n; i++)
		add_share(plot, &source, i + 1, data->zones.names[i], "W", shift);
	for (guint i = 0; i <= data->zones.n; i++)
		series[i] = i;
	if (shift == 0)
		vmfc_time_plot_add_spans(plot, &source, series, data->zones.n + 1);
	else
		vmfc_time_plot_add_shifted_spans(plot, &source, series, data->zones.n + 1, shift);
	if (one->time.is_shortened)
		vmfc_plot_add_note(plot, VMFC_SHORT_NOTE);
	vmfc_plot_fit_axes(plot);
	g_ptr_array_add(section->plots, plot);
}

static void
add_run(VmfcSection *section, const VmfcTrainingData *data, guint run, guint n_columns)
{
	gdouble lag = find_lag(data, run);

	if (isfinite(lag) && lag != 0)
		add_time_plot(section, data, run, "Power before the lag", "before-lag", lag,
			      n_columns);
	add_time_plot(section, data, run,
		      isfinite(lag) && lag != 0 ? "Power after the lag" : "Power over time",
		      "after-lag", 0, n_columns);
}

/* ------------------------------------------------------------ correlation curve */

static void
add_curve_line(VmfcPlot *plot, JsonObject *curve, const gchar *key, const gchar *name, guint colour,
	       guint max_points)
{
	JsonArray *values = vmfc_document_get_array(curve, key);
	gdouble first;
	gdouble step;

	if (values == NULL || !vmfc_document_get_number(curve, "first_lag_seconds", &first) ||
	    !vmfc_document_get_number(curve, "step_seconds", &step))
		return;
	VmfcPlotLayer *layer = vmfc_plot_add_layer(plot, VMFC_LAYER_LINE, name, colour);
	guint n = json_array_get_length(values);
	guint joined = MAX((n + max_points - 1) / max_points, 1);
	for (guint i = 0; i < n; i += joined) {
		gdouble best = NAN; /* of those that share a pixel, the one that could be chosen */
		for (guint k = i; k < MIN(i + joined, n); k++)
			best = fmax(best, vmfc_json_number_get(values, k));
		vmfc_plot_layer_add(layer, first + i * step, best, NAN, NAN);
	}
}

static void
add_curve(VmfcSection *section, const VmfcTrainingData *data, guint run, guint max_points)
{
	JsonObject *object = find_run(data, run);
	JsonObject *offset = object != NULL ? vmfc_document_get_object(object, "offset") : NULL;
	JsonObject *curve = offset != NULL ? vmfc_document_get_object(offset, "curve") : NULL;
	g_autofree gchar *number = g_strdup_printf("%u", run + 1);
	g_autofree gchar *name = vmfc_plot_build_name("lag", number);
	const gchar *run_name = object != NULL ? vmfc_document_get_string(object, "run") : NULL;
	gdouble lag;

	if (curve == NULL)
		return;
	g_autofree gchar *title = run_name != NULL && data->runs.names->len > 1
					  ? g_strdup_printf("Correlation by lag: %s", run_name)
					  : g_strdup("Correlation by lag");
	VmfcPlot *plot = vmfc_plot_new(name, title);
	vmfc_plot_set_axes(plot, VMFC_AXIS_LINEAR, "lag of the power", "s",
			   "correlation of CPU use and power", "ratio");
	add_curve_line(plot, curve, "correlation", "of values", 0, max_points);
	add_curve_line(plot, curve, "correlation_of_changes", "of changes", 1, max_points);
	vmfc_plot_fit_axes(plot);
	if (vmfc_document_get_number(offset, "lag_seconds", &lag) && lag >= plot->x.minimum &&
	    lag <= plot->x.maximum) {
		VmfcPlotLayer *guide = vmfc_plot_add_layer(plot, VMFC_LAYER_GUIDE, "found lag", 0);
		vmfc_plot_layer_add(guide, lag, plot->y.minimum, NAN, NAN);
		vmfc_plot_layer_add(guide, lag, plot->y.maximum, NAN, NAN);
		vmfc_plot_add_note(plot, "The lag is %.4g s.", lag);
	}
	g_ptr_array_add(section->plots, plot);
}

/* @n_columns: of pixels of a plot over time, at most */
void
vmfc_training_plots_add(VmfcSection *section, const VmfcTrainingData *data, guint n_columns)
{
	for (guint i = 0; i < data->zones.n; i++)
		add_cloud(section, data, i, n_columns * POINTS_PER_LINE);
	for (guint i = 0; i < data->n_runs; i++) {
		add_run(section, data, i, n_columns);
		add_curve(section, data, i, n_columns);
	}
}
