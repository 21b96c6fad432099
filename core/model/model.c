/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "model/model.h"

/* ---------------------------------------------------------------- names */

/* As the file has them. */
const gchar *
vmfc_feature_form_get_name(VmfcFeatureForm form)
{
	static const gchar *const names[VMFC_N_FEATURE_FORMS] = {
		[VMFC_FEATURE_CPUS] = "cpus",
		[VMFC_FEATURE_SHARE] = "share",
		[VMFC_FEATURE_RATE] = "rate",
		[VMFC_FEATURE_VALUE] = "value",
	};
	return names[form];
}

const gchar *
vmfc_term_kind_get_name(VmfcTermKind kind)
{
	static const gchar *const names[VMFC_N_TERM_KINDS] = {
		[VMFC_TERM_LINEAR] = "linear",	 [VMFC_TERM_SQUARE] = "square",
		[VMFC_TERM_ROOT] = "root",	 [VMFC_TERM_LIMIT] = "limit",
		[VMFC_TERM_SEGMENT] = "segment",
	};
	return names[kind];
}

const gchar *
vmfc_family_get_name(VmfcFamily family)
{
	static const gchar *const names[VMFC_N_FAMILIES] = {
		[VMFC_FAMILY_MEAN] = "mean",	   [VMFC_FAMILY_CURVE] = "curve",
		[VMFC_FAMILY_LINEAR] = "linear",   [VMFC_FAMILY_TREES] = "trees",
		[VMFC_FAMILY_AVERAGE] = "average",
	};
	return names[family];
}

/* ------------------------------------------------------------- features */

/* Returns: (transfer full): a feature without columns yet */
VmfcFeature *
vmfc_feature_new(const gchar *name, const gchar *unit, VmfcFeatureForm form)
{
	VmfcFeature *feature = g_new0(VmfcFeature, 1);

	feature->name = g_strdup(name);
	feature->unit = g_strdup(unit);
	feature->form = form;
	feature->columns = g_new0(gchar *, 1);
	feature->optional_columns = g_new0(gchar *, 1);
	return feature;
}

/* Returns: (transfer full) */
VmfcFeature *
vmfc_feature_copy(const VmfcFeature *feature)
{
	VmfcFeature *copy = g_new0(VmfcFeature, 1);

	*copy = *feature;
	copy->name = g_strdup(feature->name);
	copy->unit = g_strdup(feature->unit);
	copy->columns = g_strdupv(feature->columns);
	copy->optional_columns = g_strdupv(feature->optional_columns);
	copy->sum_column = g_strdup(feature->sum_column);
	return copy;
}

/* Whether both are made of the same in the same way. */
gboolean
vmfc_feature_is_same(const VmfcFeature *feature, const VmfcFeature *other)
{
	return feature->form == other->form && feature->is_positive == other->is_positive &&
	       g_strcmp0(feature->sum_column, other->sum_column) == 0 &&
	       g_strv_equal((const gchar *const *)feature->columns,
			    (const gchar *const *)other->columns) &&
	       g_strv_equal((const gchar *const *)feature->optional_columns,
			    (const gchar *const *)other->optional_columns);
}

void
vmfc_feature_free(VmfcFeature *feature)
{
	g_free(feature->name);
	g_free(feature->unit);
	g_strfreev(feature->columns);
	g_strfreev(feature->optional_columns);
	g_free(feature->sum_column);
	g_free(feature);
}

/* ----------------------------------------------------------- estimators */

static gboolean
has_terms(VmfcFamily family)
{
	return family != VMFC_FAMILY_TREES;
}

static gboolean
has_trees(VmfcFamily family)
{
	return family == VMFC_FAMILY_TREES || family == VMFC_FAMILY_AVERAGE;
}

/* With the arrays that the family needs, empty. */
void
vmfc_estimator_init(VmfcEstimator *estimator, VmfcFamily family)
{
	*estimator = (VmfcEstimator){.family = family};
	estimator->ranges = g_array_new(FALSE, TRUE, sizeof(VmfcFeatureRange));
	if (has_terms(family))
		estimator->terms = g_array_new(FALSE, TRUE, sizeof(VmfcTerm));
	if (!has_trees(family))
		return;
	estimator->trees = g_array_new(FALSE, TRUE, sizeof(guint));
	estimator->nodes = g_array_new(FALSE, TRUE, sizeof(VmfcTreeNode));
}

void
vmfc_estimator_clear(VmfcEstimator *estimator)
{
	g_clear_pointer(&estimator->ranges, g_array_unref);
	g_clear_pointer(&estimator->terms, g_array_unref);
	g_clear_pointer(&estimator->trees, g_array_unref);
	g_clear_pointer(&estimator->nodes, g_array_unref);
}

/* --------------------------------------------------------------- models */

static void
sub_model_free(gpointer data)
{
	VmfcSubModel *sub_model = data;

	g_free(sub_model->name);
	g_ptr_array_unref(sub_model->features);
	vmfc_estimator_clear(&sub_model->estimator);
	g_clear_pointer(&sub_model->judgement, json_object_unref);
	g_free(sub_model);
}

static void
zone_model_free(gpointer data)
{
	VmfcZoneModel *zone = data;

	g_free(zone->name);
	g_ptr_array_unref(zone->sub_models);
	g_clear_pointer(&zone->pairs, json_array_unref);
	g_free(zone);
}

VmfcModel *
vmfc_model_new(void)
{
	VmfcModel *model = g_new0(VmfcModel, 1);

	model->zones = g_ptr_array_new_with_free_func(zone_model_free);
	return model;
}

void
vmfc_model_free(VmfcModel *model)
{
	g_free(model->version);
	g_ptr_array_unref(model->zones);
	g_free(model->cpu_model);
	g_free(model->architecture);
	g_free(model->hypervisor);
	g_clear_pointer(&model->training, json_object_unref);
	g_free(model->sha256);
	g_free(model);
}

/* Returns: (transfer none): without sub-models yet */
VmfcZoneModel *
vmfc_model_add_zone(VmfcModel *model, const gchar *name)
{
	VmfcZoneModel *zone = g_new0(VmfcZoneModel, 1);

	zone->name = g_strdup(name);
	zone->sub_models = g_ptr_array_new_with_free_func(sub_model_free);
	g_ptr_array_add(model->zones, zone);
	return zone;
}

/* Returns: (nullable) */
const VmfcZoneModel *
vmfc_model_find_zone(const VmfcModel *model, const gchar *name)
{
	for (guint i = 0; i < model->zones->len; i++) {
		const VmfcZoneModel *zone = g_ptr_array_index(model->zones, i);
		if (g_str_equal(zone->name, name))
			return zone;
	}
	return NULL;
}

/* Returns: (transfer none): without features, and with an estimator that is not initialised yet */
VmfcSubModel *
vmfc_zone_model_add_sub_model(VmfcZoneModel *zone, const gchar *name)
{
	VmfcSubModel *sub_model = g_new0(VmfcSubModel, 1);

	sub_model->name = g_strdup(name);
	sub_model->features = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_feature_free);
	g_ptr_array_add(zone->sub_models, sub_model);
	return sub_model;
}

/* Returns: (nullable): the first one of that name */
const VmfcSubModel *
vmfc_zone_model_find_sub_model(const VmfcZoneModel *zone, const gchar *name)
{
	for (guint i = 0; i < zone->sub_models->len; i++) {
		const VmfcSubModel *sub_model = zone->sub_models->pdata[i];
		if (g_str_equal(sub_model->name, name))
			return sub_model;
	}
	return NULL;
}
