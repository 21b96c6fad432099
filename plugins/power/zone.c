/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "power/zone.h"

#include <math.h>

/* Windows after which a sub-model that has made no estimate yet gives way to the next one. */
#define PATIENCE 5
#define NS_PER_S 1e9

#define NOT_TRUE  "a value that it is estimated from cannot be true"
#define TOO_FAR	  "a feature lies beyond power.margin of the range that the model was trained on"
#define NO_NUMBER "the model gives no finite number here"

typedef struct {
	guint column; /* in the record */
	gboolean is_int;
	gboolean is_counter;
	const gchar *missing; /* the reason where it is; interned */
	const gchar *longer;  /* the reason where it is of a longer window; interned */
} Cell;

/* ---------------------------------------------------- before the first tick */

static void
candidate_free(PowerCandidate *candidate)
{
	vmfc_feature_inputs_free(candidate->inputs);
	g_array_unref(candidate->cells);
	g_free(candidate);
}

/* @model: not owned */
PowerZone *
power_zone_new(const VmfcZoneModel *model)
{
	PowerZone *zone = g_new0(PowerZone, 1);

	zone->model = model;
	zone->candidates = g_ptr_array_new_with_free_func((GDestroyNotify)candidate_free);
	zone->lacking = g_ptr_array_new_with_free_func(g_free);
	return zone;
}

void
power_zone_free(PowerZone *zone)
{
	g_ptr_array_unref(zone->candidates);
	g_ptr_array_unref(zone->lacking);
	g_free(zone->values);
	g_free(zone);
}

static gboolean
has_column(const gchar *name, gpointer context)
{
	return vmfc_context_find_column(context, name) != G_MAXUINT;
}

/* Whether it is not measured: an estimate must not be made from it. */
static gboolean
is_unmeasured(const VmfcColumn *column)
{
	return column->kind == VMFC_KIND_LABEL || g_str_has_prefix(column->name, "estimate");
}

/* A share is a gauge in percent, and a rate is the growth of a counter. */
static gboolean
fits_form(const VmfcColumn *column, VmfcFeatureForm form)
{
	gboolean is_counter = column->kind == VMFC_KIND_COUNTER;

	if (is_unmeasured(column))
		return FALSE;
	switch (form) {
	case VMFC_FEATURE_CPUS:
	case VMFC_FEATURE_SHARE:
		return !is_counter && g_str_equal(column->unit, "percent");
	case VMFC_FEATURE_RATE:
		return is_counter;
	default:
		return !is_counter;
	}
}

static gboolean
check_column(VmfcContext *context, const VmfcFeature *feature, const gchar *name, GError **error)
{
	guint index = vmfc_context_find_column(context, name);

	if (index == G_MAXUINT || fits_form(vmfc_context_get_column(context, index), feature->form))
		return TRUE;
	const VmfcColumn *column = vmfc_context_get_column(context, index);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "its feature %s takes %s as %s, and that column is a %s in '%s'", feature->name,
		    name, vmfc_feature_form_get_name(feature->form),
		    is_unmeasured(column)		? "label or an estimate"
		    : column->kind == VMFC_KIND_COUNTER ? "counter"
							: "gauge",
		    column->unit);
	return FALSE;
}

/* Earlier models say "1" of each column that is taken as it is: "1" may be any unit. */
static gboolean
check_unit(VmfcContext *context, const VmfcFeature *feature, const gchar *name, GError **error)
{
	guint index = vmfc_context_find_column(context, name);

	if (index == G_MAXUINT || feature->form != VMFC_FEATURE_VALUE || feature->unit == NULL ||
	    g_str_equal(feature->unit, "1"))
		return TRUE;
	const VmfcColumn *column = vmfc_context_get_column(context, index);
	if (g_str_equal(feature->unit, column->unit))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "its feature %s was trained with %s in '%s', and that column is in '%s'",
		    feature->name, name, feature->unit, column->unit);
	return FALSE;
}

static gboolean
check_feature(VmfcContext *context, const VmfcFeature *feature, GError **error)
{
	const GStrv lists[] = {feature->columns, feature->optional_columns};

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
		for (guint k = 0; lists[i] != NULL && lists[i][k] != NULL; k++) {
			if (!check_column(context, feature, lists[i][k], error) ||
			    !check_unit(context, feature, lists[i][k], error))
				return FALSE;
		}
	}
	return feature->sum_column == NULL ||
	       (check_column(context, feature, feature->sum_column, error) &&
		check_unit(context, feature, feature->sum_column, error));
}

/* Between its readings of the source a sampler has nothing: most windows would have no estimate. */
static gboolean
is_due(VmfcContext *context, guint index, const gchar *name, GError **error)
{
	guint64 period = vmfc_context_get_period(context, index);
	gdouble interval = (gdouble)vmfc_context_get_interval(context) / NS_PER_S;

	if (period == 1)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
		    "%s is read every %g s, not at every tick: set the options of its plugin, or "
		    "--interval",
		    name, (gdouble)period * interval);
	return FALSE;
}

/* Adds where a value is in the record, if the run can tell it at every tick. */
static gboolean
add_cell(GArray *cells, VmfcContext *context, const gchar *name, GError **error)
{
	guint index = vmfc_context_find_column(context, name);
	const VmfcColumn *column = vmfc_context_get_column(context, index);
	g_autofree gchar *missing = g_strdup_printf("%s is missing, which it is estimated from",
						    name);
	g_autofree gchar *longer = g_strdup_printf(
		"%s was missing in the record before, so that it grew for longer than this window",
		name);
	const Cell cell = {index, column->type == VMFC_TYPE_INT, column->kind == VMFC_KIND_COUNTER,
			   g_intern_string(missing), g_intern_string(longer)};
	const gchar *reason;
	VmfcState state = vmfc_context_get_state(context, index, &reason);

	if (column->type != VMFC_TYPE_INT && column->type != VMFC_TYPE_FLOAT) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "%s holds no numbers", name);
		return FALSE;
	}
	if (state != VMFC_STATE_OK && state != VMFC_STATE_MULTIPLEXED) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, "%s is missing: %s", name,
			    reason != NULL ? reason : "no reason given");
		return FALSE;
	}
	if (!is_due(context, index, name, error))
		return FALSE;
	g_array_append_val(cells, cell);
	return TRUE;
}

/* Returns: (transfer full): %NULL with what it lacks in @error */
static PowerCandidate *
candidate_new(const VmfcSubModel *sub_model, VmfcContext *context, GError **error)
{
	for (guint i = 0; i < sub_model->features->len; i++) {
		if (!check_feature(context, sub_model->features->pdata[i], error))
			return NULL;
	}
	VmfcFeatureInputs *inputs = vmfc_feature_inputs_new(sub_model->features, has_column,
							    context, error);
	if (inputs == NULL)
		return NULL;
	PowerCandidate *candidate = g_new0(PowerCandidate, 1);
	candidate->sub_model = sub_model;
	candidate->inputs = inputs;
	candidate->cells = g_array_new(FALSE, FALSE, sizeof(Cell));
	for (guint i = 0; i < inputs->columns->len; i++) {
		if (add_cell(candidate->cells, context, inputs->columns->pdata[i], error))
			continue;
		candidate_free(candidate);
		return NULL;
	}
	return candidate;
}

/* Finds the sub-models that this run can use. In `start`, when all columns are known. */
void
power_zone_look(PowerZone *zone, VmfcContext *context)
{
	guint n_values = 0;

	for (guint i = 0; i < zone->model->sub_models->len; i++) {
		const VmfcSubModel *sub_model = zone->model->sub_models->pdata[i];
		g_autoptr(GError) error = NULL;
		PowerCandidate *candidate = candidate_new(sub_model, context, &error);
		if (candidate == NULL) {
			g_ptr_array_add(zone->lacking,
					g_strdup_printf("%s: %s", sub_model->name, error->message));
			continue;
		}
		g_ptr_array_add(zone->candidates, candidate);
		n_values = MAX(n_values, candidate->cells->len);
	}
	if (zone->candidates->len > 0)
		zone->chosen = zone->candidates->pdata[0];
	zone->values = g_new0(gdouble, n_values + 1);
}

/* Returns: (nullable): %NULL where this run can use none */
const VmfcSubModel *
power_zone_get_sub_model(const PowerZone *zone)
{
	return zone->chosen != NULL ? zone->chosen->sub_model : NULL;
}

/* -------------------------------------------------------------- a window */

/* Returns: (nullable): the reason of the first cell that is missing */
static const gchar *
read_cells(const PowerCandidate *candidate, const VmfcRecord *record, gdouble *values)
{
	const gchar *missing = NULL;

	for (guint i = 0; i < candidate->cells->len; i++) {
		const Cell *cell = &g_array_index(candidate->cells, Cell, i);
		values[i] = NAN;
		if (!vmfc_record_has(record, cell->column))
			missing = missing != NULL ? missing : cell->missing;
		else if (cell->is_counter && !vmfc_record_is_of_window(record, cell->column))
			missing = missing != NULL ? missing : cell->longer;
		else if (cell->is_int)
			values[i] = (gdouble)vmfc_record_get_int(record, cell->column);
		else
			values[i] = vmfc_record_get_float(record, cell->column);
	}
	return missing;
}

/* Returns: (nullable): why it is not there */
static const gchar *
form_features(const PowerZone *zone, const PowerCandidate *candidate, const VmfcRecord *record,
	      gdouble *x)
{
	const gchar *missing = read_cells(candidate, record, zone->values);

	vmfc_feature_inputs_form(candidate->inputs, zone->values, x);
	for (guint i = 0; i < candidate->sub_model->features->len; i++) {
		if (isnan(x[i]))
			return missing != NULL ? missing : NOT_TRUE;
	}
	return NULL;
}

/*
 * Some columns show only after the start that nothing comes of them, as those of an exporter that
 * does not run. So the choice stands from the first estimate on, and not before.
 */
static void
give_way(PowerZone *zone, const VmfcRecord *record, const gchar *reason)
{
	gdouble x[VMFC_MODEL_MAX_FEATURES];
	guint chosen;

	if (zone->is_proven || ++zone->n_without < PATIENCE)
		return;
	g_ptr_array_find(zone->candidates, zone->chosen, &chosen);
	for (guint i = chosen + 1; i < zone->candidates->len; i++) {
		const PowerCandidate *other = zone->candidates->pdata[i];
		if (form_features(zone, other, record, x) != NULL)
			continue;
		zone->gave_way = power_zone_get_sub_model(zone);
		zone->gave_way_for = reason;
		zone->chosen = other;
		return;
	}
}

/*
 * Not called in a tick, because it allocates memory.
 *
 * Returns: (transfer full) (nullable): what the sub-model lacks that gave way since the last call
 */
gchar *
power_zone_say_gave_way(PowerZone *zone)
{
	const VmfcSubModel *before = g_steal_pointer(&zone->gave_way);

	if (before == NULL)
		return NULL;
	g_warning("%s: the first %u windows lack what the sub-model %s needs: it is estimated from "
		  "%s from the next one on",
		  zone->model->name, zone->n_without, before->name, zone->chosen->sub_model->name);
	return g_strdup_printf("%s: %s", before->name, zone->gave_way_for);
}

/* Returns: whether it was another one before */
gboolean
power_reason_set(PowerReason *reason, const gchar *text)
{
	if (reason->is_told && reason->text == text)
		return FALSE;
	*reason = (PowerReason){text, TRUE};
	return TRUE;
}

/* Nothing is allocated. @margin: how far beyond its range a feature may be, as a share of it */
void
power_zone_estimate(PowerZone *zone, const VmfcRecord *record, gdouble margin,
		    PowerOutcome *outcome)
{
	const PowerCandidate *candidate = zone->chosen;
	const VmfcSubModel *sub_model = candidate->sub_model;
	gdouble x[VMFC_MODEL_MAX_FEATURES];

	outcome->reason = form_features(zone, candidate, record, x);
	outcome->estimate_is_set = outcome->reason == NULL;
	outcome->is_too_far = FALSE;
	if (!outcome->estimate_is_set) {
		give_way(zone, record, outcome->reason);
		return;
	}
	zone->is_proven = TRUE;
	outcome->is_too_far = !vmfc_estimator_is_within(&sub_model->estimator, x, margin);
	if (!vmfc_sub_model_estimate(sub_model, x, &outcome->estimate))
		outcome->reason = NO_NUMBER;
	else if (outcome->is_too_far)
		outcome->reason = TOO_FAR;
}
