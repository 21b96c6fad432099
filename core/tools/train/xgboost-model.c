/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/xgboost-model.h"

#include <float.h>
#include <string.h>

#include "base/document.h"
#include "base/number-text.h"
#include "base/regular-file.h"
#include "model/member.h"
#include "tools/train/xgboost-tree.h"
#include "vmfc/vmfc-plugin.h"

/* A model of VMFC_MODEL_MAX_NODES has some 13 numbers for each. */
#define MAX_SIZE	 ((gsize)64 << 20)
#define MAX_FEATURES	 G_MAXINT16 /* a node of a tree has no room for more */
#define ONLY_REGRESSIONS "vmfc imports gbtree models of reg:squarederror alone"

/* ------------------------------------------------------------ parameters */

/*
 * A number, which XGBoost writes as a text, "5E-1", in some releases as a number, and since 3.1 as
 * a list of one, "[5E-1]".
 */
static gboolean
parse_number(JsonNode *node, gdouble *value)
{
	GType type;

	if (node != NULL && JSON_NODE_HOLDS_ARRAY(node)) {
		JsonArray *array = json_node_get_array(node);
		node = json_array_get_length(array) == 1 ? json_array_get_element(array, 0) : NULL;
	}
	if (node == NULL || !JSON_NODE_HOLDS_VALUE(node))
		return FALSE;
	type = json_node_get_value_type(node);
	if (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE) {
		*value = json_node_get_double(node);
		return TRUE;
	}
	if (type != G_TYPE_STRING)
		return FALSE;
	const gchar *text = json_node_get_string(node);
	gsize length = strlen(text);
	gboolean is_list = length >= 2 && text[0] == '[' && text[length - 1] == ']';
	g_autofree gchar *inner = is_list ? g_strndup(text + 1, length - 2) : g_strdup(text);
	return vmfc_number_text_parse_float(inner, value);
}

/* @fallback: where the member is missing */
static gboolean
read_parameter(JsonObject *object, const gchar *key, gdouble fallback, gdouble *value,
	       GError **error)
{
	*value = fallback;
	if (!vmfc_member_has(object, key) ||
	    parse_number(json_object_get_member(object, key), value))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "\"%s\" has to be one number", key);
	return FALSE;
}

/* What must be at most that for a plain regression. */
static gboolean
check_parameter(JsonObject *object, const gchar *key, gdouble most, const gchar *what,
		GError **error)
{
	gdouble value;

	if (!read_parameter(object, key, 0, &value, error))
		return FALSE;
	if (value <= most)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
		    "it has several %s (\"%s\" is %g): " ONLY_REGRESSIONS, what, key, value);
	return FALSE;
}

static gboolean
check_name(JsonObject *object, const gchar *what, const gchar *expected, GError **error)
{
	g_autofree gchar *name = NULL;

	if (!vmfc_member_read_name(object, "name", &name, error))
		return FALSE;
	if (g_str_equal(name, expected))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
		    "its %s is %s, not %s: " ONLY_REGRESSIONS, what, name, expected);
	return FALSE;
}

static gboolean
read_parameters(JsonObject *learner, VmfcXgboostModel *model, guint *n_features, GError **error)
{
	JsonObject *parameters = vmfc_member_read_object(learner, "learner_model_param", error);
	gdouble base;
	gdouble number;

	if (parameters == NULL || !read_parameter(parameters, "base_score", 0.5, &base, error) ||
	    !read_parameter(parameters, "num_feature", 0, &number, error) ||
	    !check_parameter(parameters, "num_target", 1, "targets", error) ||
	    !check_parameter(parameters, "num_class", 1, "classes", error))
		return FALSE;
	if (!(base >= -(gdouble)FLT_MAX && base <= (gdouble)FLT_MAX) ||
	    !(number >= 0 && number <= MAX_FEATURES)) {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
				    "\"base_score\" or \"num_feature\" is not within its bounds");
		return FALSE;
	}
	model->estimator.base = (gfloat)base;
	*n_features = (guint)number;
	return TRUE;
}

/* ---------------------------------------------------------------- trees */

/*
 * XGBRegressor.predict() stops at the iteration that was best, where it stopped early, and says in
 * the file that it wrote it; Booster.predict() takes all trees.
 */
static gboolean
count_used(JsonObject *learner, JsonObject *forest, guint n_trees, guint *n_used, GError **error)
{
	JsonObject *attributes = vmfc_document_get_object(learner, "attributes");
	JsonObject *parameters = vmfc_document_get_object(forest, "gbtree_model_param");
	gdouble best;
	gdouble n_parallel = 1;

	*n_used = n_trees;
	if (attributes == NULL || !vmfc_member_has(attributes, "scikit_learn"))
		return TRUE;
	if (!read_parameter(attributes, "best_iteration", n_trees, &best, error) ||
	    (parameters != NULL &&
	     !read_parameter(parameters, "num_parallel_tree", 1, &n_parallel, error)))
		return FALSE;
	gdouble used = (best + 1) * MAX(n_parallel, 1);
	if (used >= 1 && used < n_trees)
		*n_used = (guint)used;
	return TRUE;
}

static gboolean
read_trees(JsonObject *learner, JsonObject *forest, guint n_features, VmfcXgboostModel *model,
	   GError **error)
{
	JsonArray *trees = vmfc_member_read_array(forest, "trees", 1, VMFC_MODEL_MAX_TREES, error);
	guint n_used;

	if (trees == NULL ||
	    !count_used(learner, forest, json_array_get_length(trees), &n_used, error))
		return FALSE;
	for (guint i = 0; i < n_used; i++) {
		JsonObject *tree = vmfc_member_read_element(trees, i, error);
		if (tree == NULL ||
		    !vmfc_xgboost_tree_read(tree, n_features, &model->estimator, error)) {
			g_prefix_error(error, "tree %u: ", i + 1);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean
read_forest(JsonObject *learner, guint n_features, VmfcXgboostModel *model, GError **error)
{
	JsonObject *booster = vmfc_member_read_object(learner, "gradient_booster", error);

	if (booster == NULL || !check_name(booster, "booster", "gbtree", error))
		return FALSE;
	JsonObject *forest = vmfc_member_read_object(booster, "model", error);
	if (forest == NULL)
		return FALSE;
	JsonObject *parameters = vmfc_document_get_object(forest, "gbtree_model_param");
	return (parameters == NULL ||
		check_parameter(parameters, "size_leaf_vector", 1, "values in a leaf", error)) &&
	       read_trees(learner, forest, n_features, model, error);
}

/* ---------------------------------------------------------------- model */

static gchar *
read_version(JsonObject *root)
{
	JsonArray *version = vmfc_document_get_array(root, "version");
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; version != NULL && i < MIN(json_array_get_length(version), 3); i++) {
		JsonNode *node = json_array_get_element(version, i);
		if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64)
			g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i > 0 ? "." : "",
					       json_node_get_int(node));
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean
read_names(JsonObject *learner, guint n_features, VmfcXgboostModel *model, GError **error)
{
	model->feature_names = g_new0(gchar *, 1);
	if (!vmfc_member_has(learner, "feature_names"))
		return TRUE;
	g_clear_pointer(&model->feature_names, g_strfreev);
	if (!vmfc_member_read_names(learner, "feature_names", 0, MAX_FEATURES,
				    &model->feature_names, error))
		return FALSE;
	guint n_names = g_strv_length(model->feature_names);
	if (n_names == 0 || n_names == n_features)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "it has %u features and %u names of them",
		    n_features, n_names);
	return FALSE;
}

static gboolean
read_model(JsonNode *node, VmfcXgboostModel *model, GError **error)
{
	guint n_features;

	if (!JSON_NODE_HOLDS_OBJECT(node)) {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "it has to be an object");
		return FALSE;
	}
	JsonObject *root = json_node_get_object(node);
	JsonObject *learner = vmfc_member_read_object(root, "learner", error);
	JsonObject *objective = learner != NULL
					? vmfc_member_read_object(learner, "objective", error)
					: NULL;
	model->version = read_version(root);
	return objective != NULL && check_name(objective, "objective", "reg:squarederror", error) &&
	       read_parameters(learner, model, &n_features, error) &&
	       read_names(learner, n_features, model, error) &&
	       read_forest(learner, n_features, model, error);
}

/*
 * @text: ends with a NUL after @length
 *
 * Returns: (transfer full): %NULL with what is wrong with the text in @error
 */
VmfcXgboostModel *
vmfc_xgboost_model_parse(const gchar *text, gsize length, GError **error)
{
	g_autoptr(JsonNode) root = vmfc_document_parse(text, length, MAX_SIZE, error);
	g_autoptr(VmfcXgboostModel) model = g_new0(VmfcXgboostModel, 1);

	vmfc_estimator_init(&model->estimator, VMFC_FAMILY_TREES);
	if (root == NULL) {
		g_prefix_error(error, "save it as JSON, with save_model(\"NAME.json\"): ");
		return NULL;
	}
	return read_model(root, model, error) ? g_steal_pointer(&model) : NULL;
}

/* Returns: (transfer full): %NULL with a sentence in @error */
VmfcXgboostModel *
vmfc_xgboost_model_read(const gchar *path, GError **error)
{
	gsize length;
	g_autofree gchar *text = vmfc_regular_file_read(path, MAX_SIZE, &length, error);

	if (text == NULL)
		return NULL;
	VmfcXgboostModel *model = vmfc_xgboost_model_parse(text, length, error);
	if (model == NULL) {
		g_prefix_error(error, "%s is not a model of XGBoost that can be imported: ", path);
		return NULL;
	}
	model->sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text,
						    length);
	return model;
}

void
vmfc_xgboost_model_free(VmfcXgboostModel *model)
{
	g_free(model->version);
	g_free(model->sha256);
	g_strfreev(model->feature_names);
	vmfc_estimator_clear(&model->estimator);
	g_free(model);
}
