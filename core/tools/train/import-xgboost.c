/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/import-xgboost.h"

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rows/column-role.h"
#include "rows/power-column.h"
#include "tools/train/xgboost-model.h"
#include "vmfc/vmfc-plugin.h"

/* What the interval of a model that has none would hold. */
#define USUAL_SHARE 0.9

/* The features that a model splits by, in the order of their numbers in the file. */
typedef struct {
	guint features[VMFC_MODEL_MAX_FEATURES];
	guint n;
} Used;

/* Returns: the place of the feature; used->n where it is not there */
static guint
find_place(const Used *used, guint feature)
{
	guint i = 0;

	while (i < used->n && used->features[i] != feature)
		i++;
	return i;
}

static gint
compare_numbers(gconstpointer one, gconstpointer other)
{
	const guint *a = one;
	const guint *b = other;
	return *a < *b ? -1 : *a > *b;
}

static gboolean
find_used(const VmfcEstimator *estimator, Used *used, GError **error)
{
	used->n = 0;
	for (guint i = 0; i < estimator->nodes->len; i++) {
		gint feature = g_array_index(estimator->nodes, VmfcTreeNode, i).feature;
		if (feature < 0 || find_place(used, (guint)feature) < used->n)
			continue;
		if (used->n == VMFC_MODEL_MAX_FEATURES) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
				    "it uses more features than a model of vmfc has, which is %d",
				    VMFC_MODEL_MAX_FEATURES);
			return FALSE;
		}
		used->features[used->n++] = (guint)feature;
	}
	/* a model of leaves alone must know as well when it is to estimate */
	if (used->n == 0)
		used->features[used->n++] = 0;
	qsort(used->features, used->n, sizeof(guint), compare_numbers);
	return TRUE;
}

/* ------------------------------------------------------------- features */

/* f0, f1: what XGBoost calls features that have no names. */
static gboolean
is_number(const gchar *name)
{
	return name[0] == 'f' && name[1] != '\0' &&
	       strspn(name + 1, "0123456789") == strlen(name + 1);
}

static gboolean
check_name(const gchar *name, GError **error)
{
	const VmfcKnownColumn *known = vmfc_known_column_find(name);
	VmfcRole role = vmfc_role_find(name, known != NULL ? known->unit : NULL,
				       known != NULL ? known->kind : "gauge", FALSE);

	if (is_number(name)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "its feature %s has no name: train it with the names of columns, as a "
			    "DataFrame of pandas has them",
			    name);
		return FALSE;
	}
	if (role == VMFC_ROLE_FEATURE && !g_str_has_prefix(name, VMFC_POWER_LABEL_PREFIX))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
		    "its feature %s is a time, a label or power itself: train it without that "
		    "column",
		    name);
	return FALSE;
}

static gboolean
check_new(const VmfcSubModel *sub_model, const gchar *name, GError **error)
{
	for (guint i = 0; i < sub_model->features->len; i++) {
		const VmfcFeature *feature = g_ptr_array_index(sub_model->features, i);
		if (!g_str_equal(feature->name, name))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "two of its features are called %s", name);
		return FALSE;
	}
	return TRUE;
}

/* Columns as they are: what was trained on saw them like that. */
static VmfcFeature *
new_feature(const gchar *name)
{
	const VmfcKnownColumn *known = vmfc_known_column_find(name);
	const gchar *unit = known != NULL && known->unit[0] != '\0' ? known->unit : NULL;
	VmfcFeature *feature = vmfc_feature_new(name, unit, VMFC_FEATURE_VALUE);
	const gchar *const columns[] = {name, NULL};

	g_strfreev(feature->columns);
	feature->columns = g_strdupv((gchar **)columns);
	return feature;
}

/* Ranges are not known: XGBoost does not keep what it was trained on. */
static gboolean
add_features(const VmfcXgboostModel *source, const Used *used, VmfcSubModel *sub_model,
	     GError **error)
{
	const VmfcFeatureRange range = {NAN, NAN};

	if (source->feature_names[0] == NULL) {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
				    "its features have no names: train it with the names of "
				    "columns, as a DataFrame of pandas has them");
		return FALSE;
	}
	for (guint i = 0; i < used->n; i++) {
		const gchar *name = source->feature_names[used->features[i]];
		if (!check_name(name, error) || !check_new(sub_model, name, error))
			return FALSE;
		g_ptr_array_add(sub_model->features, new_feature(name));
		g_array_append_val(sub_model->estimator.ranges, range);
	}
	return TRUE;
}

/* ---------------------------------------------------------------- model */

static void
add_trees(const VmfcEstimator *source, const Used *used, VmfcEstimator *estimator)
{
	estimator->base = source->base;
	g_array_append_vals(estimator->trees, source->trees->data, source->trees->len);
	g_array_append_vals(estimator->nodes, source->nodes->data, source->nodes->len);
	for (guint i = 0; i < estimator->nodes->len; i++) {
		VmfcTreeNode *node = &g_array_index(estimator->nodes, VmfcTreeNode, i);
		if (node->feature >= 0)
			node->feature = (gint16)find_place(used, (guint)node->feature);
	}
}

static JsonObject *
build_training(const VmfcXgboostModel *source, const gchar *name)
{
	JsonObject *training = json_object_new();
	JsonArray *inputs = json_array_new();
	JsonObject *input = json_object_new();

	json_object_set_string_member(training, "imported_from", "xgboost");
	json_object_set_string_member(training, "xgboost_version", source->version);
	json_object_set_string_member(input, "file", name);
	json_object_set_string_member(input, "sha256", source->sha256);
	json_array_add_object_element(inputs, input);
	json_object_set_array_member(training, "inputs", inputs);
	return training;
}

static gboolean
convert(const VmfcXgboostModel *source, VmfcSubModel *sub_model, GError **error)
{
	Used used;

	sub_model->interval = (VmfcInterval){.share = USUAL_SHARE, .log_width = NAN, .factor = NAN};
	vmfc_estimator_init(&sub_model->estimator, VMFC_FAMILY_TREES);
	if (!find_used(&source->estimator, &used, error) ||
	    !add_features(source, &used, sub_model, error))
		return FALSE;
	add_trees(&source->estimator, &used, &sub_model->estimator);
	return TRUE;
}

/*
 * A regressor that XGBoost saved, as a model of one zone: without an interval, ranges and a
 * judgement, of which it says nothing.
 *
 * Returns: (transfer full): %NULL with a sentence in @error
 */
VmfcModel *
vmfc_import_xgboost(const gchar *path, const gchar *zone, GError **error)
{
	g_autoptr(VmfcXgboostModel) source = vmfc_xgboost_model_read(path, error);
	g_autoptr(VmfcModel) model = vmfc_model_new();
	g_autofree gchar *name = g_path_get_basename(path);

	if (source == NULL)
		return NULL;
	if (!convert(source,
		     vmfc_zone_model_add_sub_model(vmfc_model_add_zone(model, zone), "xgboost"),
		     error)) {
		g_prefix_error(error, "%s cannot be imported: ", path);
		return NULL;
	}
	model->version = g_strdup(VMFC_VERSION);
	model->training = build_training(source, name);
	return g_steal_pointer(&model);
}
