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
#define MAX_LAYERS    23 /* groups of the points; more share one */

/* ------------------------------------------------------------- pairs of the model */

/* A row that the model was not trained on. */
typedef struct {
	gdouble measured;
	gdouble estimated;
	guint group;  /* of the judgement; G_MAXUINT: not known, as in models of earlier versions */
	gdouble busy; /* CPUs; NaN: not known */
} Pair;

/* The plots of the rows of a model, and what they show. */
typedef struct {
	VmfcPlot *estimated;
	VmfcPlot *errors;
	VmfcPlot *by_load; /* NULL: no load is known */
	JsonArray *groups; /* (nullable) of the judgement */
} PairPlots;

static gboolean
read_pair(JsonArray *pairs, guint i, Pair *pair)
{
	JsonNode *node = json_array_get_element(pairs, i);
	JsonArray *array = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
	guint n = array != NULL ? json_array_get_length(array) : 0;

	if (n < 2)
		return FALSE;
	*pair = (Pair){vmfc_json_number_get(array, 0), vmfc_json_number_get(array, 1), G_MAXUINT,
		       n > 3 ? vmfc_json_number_get(array, 3) : NAN};
	gdouble group = n > 2 ? vmfc_json_number_get(array, 2) : NAN;
	if (group >= 0 && group < G_MAXINT32)
		pair->group = (guint)group;
	return isfinite(pair->measured) && isfinite(pair->estimated);
}

static const gchar *
get_group_name(const PairPlots *plots, guint group)
{
	JsonNode *node = plots->groups != NULL && group < json_array_get_length(plots->groups)
				 ? json_array_get_element(plots->groups, group)
				 : NULL;

	return node != NULL && JSON_NODE_HOLDS_OBJECT(node)
		       ? vmfc_document_get_string(json_node_get_object(node), "group")
		       : NULL;
}

/* The groups that have a layer come first; all others share the last one. */
static guint
find_layer(const PairPlots *plots, const Pair *pair)
{
	return get_group_name(plots, pair->group) != NULL ? MIN(pair->group, MAX_LAYERS)
							  : G_MAXUINT;
}

/* @number: of the layer; G_MAXUINT: of rows whose group is not known */
static void
add_pair_layer(PairPlots *plots, JsonArray *pairs, guint number)
{
	const gchar *name = number == G_MAXUINT	   ? "rows not trained on"
			    : number == MAX_LAYERS ? "(all others)"
						   : get_group_name(plots, number);
	VmfcPlot *const all[] = {plots->estimated, plots->errors, plots->by_load};
	VmfcPlotLayer *layers[G_N_ELEMENTS(all)] = {NULL};
	Pair pair;

	for (guint i = 0; i < MIN(json_array_get_length(pairs), MAX_POINTS); i++) {
		if (!read_pair(pairs, i, &pair) || find_layer(plots, &pair) != number)
			continue;
		gdouble error = pair.estimated - pair.measured;
		const gdouble points[][2] = {{pair.measured, pair.estimated},
					     {pair.measured, error},
					     {pair.busy, error}};
		for (guint k = 0; k < G_N_ELEMENTS(all); k++) {
			if (all[k] == NULL || !isfinite(points[k][0]))
				continue;
			if (layers[k] == NULL)
				layers[k] = vmfc_plot_add_layer(all[k], VMFC_LAYER_POINTS, name,
								number == G_MAXUINT ? 0 : number);
			vmfc_plot_layer_add(layers[k], points[k][0], points[k][1], NAN, NAN);
		}
	}
}

static gboolean
knows_load(JsonArray *pairs)
{
	Pair pair;

	for (guint i = 0; i < json_array_get_length(pairs); i++) {
		if (read_pair(pairs, i, &pair) && isfinite(pair.busy))
			return TRUE;
	}
	return FALSE;
}

static void
finish_pair_plot(VmfcPlot *plot, guint n, const gchar *guide, gdouble slope)
{
	vmfc_plot_fit_axes(plot);
	if (n > MAX_POINTS)
		vmfc_plot_add_note(plot, "The first %d rows of %u are shown.", MAX_POINTS, n);
	vmfc_plot_add_guide(plot, guide, slope);
}

static void
add_pairs(VmfcSection *section, const VmfcZoneModel *zone)
{
	guint n = zone->pairs != NULL ? json_array_get_length(zone->pairs) : 0;
	const VmfcSubModel *best = zone->sub_models->len > 0 ? zone->sub_models->pdata[0] : NULL;
	PairPlots plots = {0};

	if (n == 0)
		return;
	if (best != NULL && best->judgement != NULL)
		plots.groups = vmfc_document_get_array(best->judgement, "groups");
	plots.estimated = vmfc_section_add_plot(section, "estimated", "Estimated by measured power",
						zone->name);
	vmfc_plot_set_axes(plots.estimated, VMFC_AXIS_LINEAR, "measured", "W", "estimated", "W");
	plots.errors = vmfc_section_add_plot(section, "error-by-power", "Error by measured power",
					     zone->name);
	vmfc_plot_set_axes(plots.errors, VMFC_AXIS_LINEAR, "measured", "W", "estimated − measured",
			   "W");
	if (knows_load(zone->pairs)) {
		plots.by_load = vmfc_section_add_plot(section, "error-by-load", "Error by load",
						      zone->name);
		vmfc_plot_set_axes(plots.by_load, VMFC_AXIS_LINEAR, "busy", "CPUs",
				   "estimated − measured", "W");
	}
	for (guint i = 0; i <= MAX_LAYERS; i++)
		add_pair_layer(&plots, zone->pairs, i);
	add_pair_layer(&plots, zone->pairs, G_MAXUINT);
	finish_pair_plot(plots.estimated, n, "estimated = measured", 1);
	finish_pair_plot(plots.errors, n, "no error", 0);
	if (plots.by_load != NULL)
		finish_pair_plot(plots.by_load, n, "no error", 0);
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
