/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/model-plots.h"

#include <math.h>

#include "base/document.h"
#include "model/predict.h"
#include "tools/report/json-number.h"

#define N_RESPONSE    64 /* points of a curve */
#define MAX_RESPONSES 8	 /* features of a zone with a plot */
#define MAX_GROUPS    24
#define MAX_POINTS    2000

/* ------------------------------------------------------------- pairs of the model */

static gboolean
read_pair(JsonArray *pairs, guint i, gdouble *measured, gdouble *estimated)
{
	JsonNode *node = json_array_get_element(pairs, i);
	JsonArray *pair = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

	if (pair == NULL || json_array_get_length(pair) != 2)
		return FALSE;
	*measured = vmfc_json_number_get(pair, 0);
	*estimated = vmfc_json_number_get(pair, 1);
	return isfinite(*measured) && isfinite(*estimated);
}

static void
add_pairs(VmfcSection *section, const VmfcZoneModel *zone)
{
	guint n = zone->pairs != NULL ? json_array_get_length(zone->pairs) : 0;

	if (n == 0)
		return;
	VmfcPlot *plot = vmfc_section_add_plot(section, "estimated", "Estimated by measured power",
					       zone->name);
	VmfcPlot *errors = vmfc_section_add_plot(section, "error-by-power",
						 "Error by measured power", zone->name);
	vmfc_plot_set_axes(plot, VMFC_AXIS_LINEAR, "measured", "W", "estimated", "W");
	vmfc_plot_set_axes(errors, VMFC_AXIS_LINEAR, "measured", "W", "estimated − measured", "W");
	VmfcPlotLayer *layer = vmfc_plot_add_layer(plot, VMFC_LAYER_POINTS, "rows not trained on",
						   0);
	VmfcPlotLayer *error_layer = vmfc_plot_add_layer(errors, VMFC_LAYER_POINTS,
							 "rows not trained on", 0);
	for (guint i = 0; i < MIN(n, MAX_POINTS); i++) {
		gdouble measured;
		gdouble estimated;
		if (!read_pair(zone->pairs, i, &measured, &estimated))
			continue;
		vmfc_plot_layer_add(layer, measured, estimated, NAN, NAN);
		vmfc_plot_layer_add(error_layer, measured, estimated - measured, NAN, NAN);
	}
	vmfc_plot_fit_axes(plot);
	vmfc_plot_fit_axes(errors);
	if (n > MAX_POINTS) {
		vmfc_plot_add_note(plot, "The first %d rows of %u are shown.", MAX_POINTS, n);
		vmfc_plot_add_note(errors, "%s", plot->note);
	}
	vmfc_plot_add_guide(plot, "estimated = measured", 1);
	vmfc_plot_add_guide(errors, "no error", 0);
}

/* ------------------------------------------------------------------ error by group */

static gdouble
get_number(JsonObject *object, const gchar *key)
{
	gdouble value = NAN;

	vmfc_document_get_number(object, key, &value);
	return value;
}

static void
add_groups(VmfcSection *section, const VmfcZoneModel *zone, const VmfcSubModel *sub_model)
{
	JsonArray *groups = sub_model->judgement != NULL
				    ? vmfc_document_get_array(sub_model->judgement, "groups")
				    : NULL;

	if (groups == NULL)
		return;
	VmfcPlot *plot = vmfc_section_add_plot(section, "error-by-group",
					       "Error by group that was left out", zone->name);
	vmfc_plot_set_axes(plot, VMFC_AXIS_LINEAR, "mean absolute error", "%", "group", "name");
	plot->y.kind = VMFC_AXIS_NAMES;
	plot->y.names = g_ptr_array_new_with_free_func(g_free);
	VmfcPlotLayer *layer = vmfc_plot_add_layer(plot, VMFC_LAYER_ROWS,
						   "error; line: half the interval", 0);
	for (guint i = 0; i < json_array_get_length(groups) && plot->y.names->len < MAX_GROUPS;
	     i++) {
		JsonNode *node = json_array_get_element(groups, i);
		if (!JSON_NODE_HOLDS_OBJECT(node))
			continue;
		JsonObject *group = json_node_get_object(node);
		const gchar *name = vmfc_document_get_string(group, "group");
		gdouble half = get_number(group, "half_width_percent");
		vmfc_plot_layer_add(layer, plot->y.names->len, get_number(group, "mape_percent"),
				    isfinite(half) ? 0 : NAN, half);
		g_ptr_array_add(plot->y.names, g_strdup(name != NULL ? name : ""));
	}
	if (json_array_get_length(groups) > MAX_GROUPS)
		vmfc_plot_add_note(plot, "The first %d groups of %u are shown.", MAX_GROUPS,
				   json_array_get_length(groups));
	vmfc_plot_fit_axes(plot);
}

/* ------------------------------------------------------------------------ response */

static const VmfcFeatureRange *
get_range(const VmfcSubModel *sub_model, guint feature)
{
	const GArray *ranges = sub_model->estimator.ranges;
	return feature < ranges->len ? &g_array_index(ranges, VmfcFeatureRange, feature) : NULL;
}

static gboolean
is_known(const VmfcFeatureRange *range)
{
	return range != NULL && isfinite(range->minimum) && isfinite(range->maximum) &&
	       range->minimum < range->maximum;
}

/* Moves one feature over its range; the others stay in the middle of theirs. */
static void
add_response(VmfcSection *section, const VmfcZoneModel *zone, const VmfcSubModel *sub_model,
	     guint moved)
{
	const VmfcFeature *feature = sub_model->features->pdata[moved];
	const VmfcFeatureRange *range = get_range(sub_model, moved);
	g_autofree gdouble *x = g_new0(gdouble, sub_model->features->len);
	g_autofree gchar *name = vmfc_plot_build_name("response", feature->name);
	g_autofree gchar *title = g_strdup_printf("Response to %s", feature->name);

	if (range == NULL || !is_known(range))
		return;
	for (guint i = 0; i < sub_model->features->len; i++) {
		const VmfcFeatureRange *other = get_range(sub_model, i);
		if (is_known(other))
			x[i] = (other->minimum + other->maximum) / 2;
	}
	VmfcPlot *plot = vmfc_section_add_plot(section, name, title, zone->name);
	vmfc_plot_set_axes(plot, VMFC_AXIS_LINEAR, feature->name,
			   feature->unit != NULL && !g_str_equal(feature->unit, "1") ? feature->unit
			   : feature->form == VMFC_FEATURE_CPUS			     ? "CPUs"
										     : "ratio",
			   "estimated power", "W");
	VmfcPlotLayer *layer = vmfc_plot_add_layer(plot, VMFC_LAYER_LINE, "estimate, and interval",
						   0);
	for (guint i = 0; i <= N_RESPONSE; i++) {
		VmfcEstimate estimate;
		x[moved] = range->minimum + (range->maximum - range->minimum) * i / N_RESPONSE;
		if (vmfc_sub_model_estimate(sub_model, x, &estimate))
			vmfc_plot_layer_add(layer, x[moved], estimate.watts, estimate.low,
					    estimate.high);
	}
	vmfc_plot_fit_axes(plot);
	if (sub_model->features->len > 1)
		vmfc_plot_add_note(plot, "The other features are in the middle of their ranges.");
}

/* Of the best sub-model of the zone, which comes first. */
void
vmfc_model_plots_add(VmfcSection *section, const VmfcZoneModel *zone)
{
	const VmfcSubModel *best = zone->sub_models->len > 0 ? zone->sub_models->pdata[0] : NULL;

	add_pairs(section, zone);
	if (best == NULL)
		return;
	add_groups(section, zone, best);
	for (guint i = 0; i < MIN(best->features->len, MAX_RESPONSES); i++)
		add_response(section, zone, best, i);
	if (best->features->len > MAX_RESPONSES)
		vmfc_section_add_note(
			section, "Plots show the response of %s to the first %d features of %u.",
			zone->name, MAX_RESPONSES, best->features->len);
}
