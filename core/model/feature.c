/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "model/feature.h"

#include <float.h>
#include <math.h>

#include "vmfc/vmfc-plugin.h"

/* How a feature is made of values. */
typedef struct {
	VmfcFeatureForm form;
	gboolean is_positive;
	guint first; /* in places */
	guint n_places;
} Sum;

/* The source of the rows, while its columns are looked up. */
typedef struct {
	VmfcFeatureInputs *inputs;
	VmfcHasColumn has_column;
	gpointer data;
} Source;

/* Returns: its place in the values */
static guint
add_column(VmfcFeatureInputs *inputs, const gchar *name)
{
	guint place;

	if (!g_ptr_array_find_with_equal_func(inputs->columns, name, g_str_equal, &place)) {
		place = inputs->columns->len;
		g_ptr_array_add(inputs->columns, (gpointer)name);
	}
	return place;
}

static gboolean
add_needed(const Source *source, const VmfcFeature *feature, const gchar *name, guint *place,
	   GError **error)
{
	if (source->has_column(name, source->data)) {
		*place = add_column(source->inputs, name);
		return TRUE;
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
		    "the feature %s needs the column %s, which is missing", feature->name, name);
	return FALSE;
}

/* What the form needs besides the feature's own columns. */
static gboolean
add_divisor(const Source *source, const VmfcFeature *feature, GError **error)
{
	gboolean is_rate = feature->form == VMFC_FEATURE_RATE;
	guint place;

	if (!is_rate && feature->form != VMFC_FEATURE_CPUS)
		return TRUE;
	if (!add_needed(source, feature, is_rate ? "time_delta_seconds" : "core_count", &place,
			error))
		return FALSE;
	*(is_rate ? &source->inputs->time_delta : &source->inputs->core_count) = (gint)place;
	return TRUE;
}

static gboolean
add_parts(const Source *source, const VmfcFeature *feature, GError **error)
{
	guint place;

	if (feature->sum_column != NULL && source->has_column(feature->sum_column, source->data)) {
		place = add_column(source->inputs, feature->sum_column);
		g_array_append_val(source->inputs->places, place);
		return TRUE;
	}
	for (guint i = 0; feature->columns[i] != NULL; i++) {
		if (!add_needed(source, feature, feature->columns[i], &place, error))
			return FALSE;
		g_array_append_val(source->inputs->places, place);
	}
	for (guint i = 0; feature->optional_columns[i] != NULL; i++) {
		if (!source->has_column(feature->optional_columns[i], source->data))
			continue;
		place = add_column(source->inputs, feature->optional_columns[i]);
		g_array_append_val(source->inputs->places, place);
	}
	return TRUE;
}

static gboolean
add_feature(const Source *source, const VmfcFeature *feature, GError **error)
{
	Sum sum = {feature->form, feature->is_positive, source->inputs->places->len, 0};

	if (!add_parts(source, feature, error) || !add_divisor(source, feature, error))
		return FALSE;
	sum.n_places = source->inputs->places->len - sum.first;
	g_array_append_val(source->inputs->sums, sum);
	return TRUE;
}

/*
 * @features: of VmfcFeature; stays until the inputs are freed
 *
 * Returns: (transfer full): %NULL with the feature and the column that it lacks in @error
 */
VmfcFeatureInputs *
vmfc_feature_inputs_new(const GPtrArray *features, VmfcHasColumn has_column, gpointer data,
			GError **error)
{
	g_autoptr(VmfcFeatureInputs) inputs = g_new0(VmfcFeatureInputs, 1);
	Source source = {inputs, has_column, data};

	inputs->columns = g_ptr_array_new();
	inputs->sums = g_array_new(FALSE, FALSE, sizeof(Sum));
	inputs->places = g_array_new(FALSE, FALSE, sizeof(guint));
	inputs->time_delta = -1;
	inputs->core_count = -1;
	for (guint i = 0; i < features->len; i++) {
		if (!add_feature(&source, g_ptr_array_index(features, i), error))
			return NULL;
	}
	return g_steal_pointer(&inputs);
}

void
vmfc_feature_inputs_free(VmfcFeatureInputs *inputs)
{
	g_ptr_array_unref(inputs->columns);
	g_array_unref(inputs->sums);
	g_array_unref(inputs->places);
	g_free(inputs);
}

static gboolean
is_share(VmfcFeatureForm form)
{
	return form == VMFC_FEATURE_CPUS || form == VMFC_FEATURE_SHARE;
}

/* Returns: NaN where it is missing */
static gdouble
add_up(const VmfcFeatureInputs *inputs, const Sum *sum, const gdouble *values)
{
	gdouble most = is_share(sum->form) ? VMFC_FEATURE_MAX_SHARE : G_MAXDOUBLE;
	gdouble total = 0;

	for (guint i = 0; i < sum->n_places; i++) {
		gdouble value = values[g_array_index(inputs->places, guint, sum->first + i)];
		/* NaN is neither */
		if (!(value >= 0 && value <= most) || (sum->is_positive && value == 0))
			return NAN;
		total += value;
	}
	return total <= most ? total : NAN;
}

/* By what the sum is divided, or multiplied. Returns: NaN where it is missing */
static gdouble
get_positive(const gdouble *values, gint place)
{
	return values[place] > 0 ? values[place] : NAN;
}

/*
 * Nothing is allocated.
 *
 * @values: of a row, in the order of the columns; NaN where missing
 * @features: (out): NaN where missing, as it is where one of its values is missing, or false
 */
void
vmfc_feature_inputs_form(const VmfcFeatureInputs *inputs, const gdouble *values, gdouble *features)
{
	for (guint i = 0; i < inputs->sums->len; i++) {
		const Sum *sum = &g_array_index(inputs->sums, Sum, i);
		gdouble total = add_up(inputs, sum, values);
		if (sum->form == VMFC_FEATURE_CPUS)
			total = total / 100 * get_positive(values, inputs->core_count);
		else if (sum->form == VMFC_FEATURE_SHARE)
			total /= 100;
		else if (sum->form == VMFC_FEATURE_RATE)
			total /= get_positive(values, inputs->time_delta);
		/* trees compare floats */
		features[i] = fabs(total) <= (gdouble)FLT_MAX ? total : NAN;
	}
}
