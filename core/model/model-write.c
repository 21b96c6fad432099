/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "model/model-write.h"

#include "base/document.h"

/* ----------------------------------------------------------- estimators */

static JsonObject *
build_term(const VmfcTerm *term)
{
	JsonObject *object = json_object_new();
	gboolean is_segment = term->kind == VMFC_TERM_SEGMENT;

	json_object_set_int_member(object, "feature", term->feature);
	json_object_set_string_member(object, "kind", vmfc_term_kind_get_name(term->kind));
	json_object_set_double_member(object, "scale", term->scale);
	if (is_segment)
		json_object_set_double_member(object, "from", term->from);
	if (is_segment || term->kind == VMFC_TERM_LIMIT)
		json_object_set_double_member(object, "to", term->to);
	if (is_segment)
		json_object_set_boolean_member(object, "is_open", term->is_open);
	json_object_set_double_member(object, "weight", term->weight);
	return object;
}

static void
add_terms(JsonObject *object, const VmfcEstimator *estimator)
{
	JsonArray *terms = json_array_new();

	for (guint i = 0; i < estimator->terms->len; i++)
		json_array_add_object_element(
			terms, build_term(&g_array_index(estimator->terms, VmfcTerm, i)));
	json_object_set_double_member(object, "constant", estimator->constant);
	json_object_set_array_member(object, "terms", terms);
}

/* A float as the double that it is: readers need not know how wide it was. */
static JsonObject *
build_tree(const VmfcTreeNode *nodes, guint n_nodes)
{
	JsonObject *object = json_object_new();
	JsonArray *features = json_array_sized_new(n_nodes);
	JsonArray *values = json_array_sized_new(n_nodes);
	JsonArray *lefts = json_array_sized_new(n_nodes);
	JsonArray *rights = json_array_sized_new(n_nodes);
	JsonArray *missing_lefts = json_array_sized_new(n_nodes);

	for (guint i = 0; i < n_nodes; i++) {
		gboolean is_leaf = nodes[i].feature < 0;
		json_array_add_int_element(features, is_leaf ? -1 : nodes[i].feature);
		json_array_add_double_element(values, (gdouble)nodes[i].value);
		json_array_add_int_element(lefts, is_leaf ? 0 : nodes[i].left);
		json_array_add_int_element(rights, is_leaf ? 0 : nodes[i].right);
		json_array_add_int_element(missing_lefts, !is_leaf && nodes[i].is_missing_left);
	}
	json_object_set_array_member(object, "feature", features);
	json_object_set_array_member(object, "value", values);
	json_object_set_array_member(object, "left", lefts);
	json_object_set_array_member(object, "right", rights);
	json_object_set_array_member(object, "missing_left", missing_lefts);
	return object;
}

static void
add_trees(JsonObject *object, const VmfcEstimator *estimator)
{
	JsonArray *trees = json_array_new();

	for (guint i = 0; i < estimator->trees->len; i++) {
		guint root = g_array_index(estimator->trees, guint, i);
		guint end = i + 1 < estimator->trees->len
				    ? g_array_index(estimator->trees, guint, i + 1)
				    : estimator->nodes->len;
		json_array_add_object_element(
			trees, build_tree(&g_array_index(estimator->nodes, VmfcTreeNode, root),
					  end - root));
	}
	json_object_set_double_member(object, "base", (gdouble)estimator->base);
	json_object_set_array_member(object, "trees", trees);
}

/* ----------------------------------------------------------- sub-models */

static JsonArray *
build_names(const gchar *const *names)
{
	JsonArray *array = json_array_new();

	for (guint i = 0; names[i] != NULL; i++)
		json_array_add_string_element(array, names[i]);
	return array;
}

static JsonObject *
build_feature(const VmfcFeature *feature, const VmfcFeatureRange *range)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "name", feature->name);
	json_object_set_string_member(object, "unit", feature->unit);
	json_object_set_string_member(object, "form", vmfc_feature_form_get_name(feature->form));
	json_object_set_array_member(object, "columns",
				     build_names((const gchar *const *)feature->columns));
	json_object_set_array_member(object, "optional_columns",
				     build_names((const gchar *const *)feature->optional_columns));
	json_object_set_string_member(object, "sum_column", feature->sum_column);
	json_object_set_boolean_member(object, "is_positive", feature->is_positive);
	json_object_set_double_member(object, "minimum", range->minimum);
	json_object_set_double_member(object, "maximum", range->maximum);
	return object;
}

static JsonObject *
build_interval(const VmfcInterval *interval)
{
	JsonObject *object = json_object_new();

	json_object_set_double_member(object, "share", interval->share);
	json_object_set_double_member(object, "log_width", interval->log_width);
	json_object_set_double_member(object, "floor", interval->floor);
	json_object_set_int_member(object, "groups", interval->n_groups);
	return object;
}

static JsonObject *
build_sub_model(const VmfcSubModel *sub_model)
{
	JsonObject *object = json_object_new();
	JsonArray *features = json_array_new();
	const VmfcEstimator *estimator = &sub_model->estimator;

	for (guint i = 0; i < sub_model->features->len; i++)
		json_array_add_object_element(
			features,
			build_feature(g_ptr_array_index(sub_model->features, i),
				      &g_array_index(estimator->ranges, VmfcFeatureRange, i)));
	json_object_set_string_member(object, "name", sub_model->name);
	json_object_set_array_member(object, "features", features);
	json_object_set_string_member(object, "family", vmfc_family_get_name(estimator->family));
	if (estimator->terms != NULL)
		add_terms(object, estimator);
	if (estimator->trees != NULL)
		add_trees(object, estimator);
	json_object_set_object_member(object, "interval", build_interval(&sub_model->interval));
	if (sub_model->judgement != NULL)
		json_object_set_object_member(object, "judgement",
					      json_object_ref(sub_model->judgement));
	return object;
}

/* ---------------------------------------------------------------- model */

static JsonObject *
build_zone(const VmfcZoneModel *zone)
{
	JsonObject *object = json_object_new();
	JsonArray *sub_models = json_array_new();

	for (guint i = 0; i < zone->sub_models->len; i++)
		json_array_add_object_element(
			sub_models, build_sub_model(g_ptr_array_index(zone->sub_models, i)));
	json_object_set_string_member(object, "zone", zone->name);
	json_object_set_array_member(object, "sub_models", sub_models);
	if (zone->pairs != NULL)
		json_object_set_array_member(object, "pairs", json_array_ref(zone->pairs));
	return object;
}

static JsonObject *
build_machine(const VmfcModel *model)
{
	JsonObject *object = json_object_new();

	json_object_set_string_member(object, "cpu_model", model->cpu_model);
	json_object_set_string_member(object, "architecture", model->architecture);
	json_object_set_string_member(object, "hypervisor", model->hypervisor);
	if (model->n_cpus > 0)
		json_object_set_int_member(object, "cpus", model->n_cpus);
	else
		json_object_set_null_member(object, "cpus");
	return object;
}

/* Returns: (transfer full): the text of the model's file */
gchar *
vmfc_model_to_text(const VmfcModel *model)
{
	g_autoptr(JsonObject) object = json_object_new();
	JsonArray *zones = json_array_new();

	for (guint i = 0; i < model->zones->len; i++)
		json_array_add_object_element(zones,
					      build_zone(g_ptr_array_index(model->zones, i)));
	json_object_set_string_member(object, "format", VMFC_MODEL_FORMAT);
	json_object_set_string_member(object, "version", model->version);
	json_object_set_object_member(object, "machine", build_machine(model));
	if (model->training != NULL)
		json_object_set_object_member(object, "training", json_object_ref(model->training));
	json_object_set_array_member(object, "zones", zones);
	return vmfc_document_to_text(object);
}
