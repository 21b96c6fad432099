/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/xgboost-tree.h"

#include <float.h>

#include "base/document.h"
#include "model/estimator-read.h"
#include "model/member.h"
#include "vmfc/vmfc-plugin.h"

/* What a tree says of each node, as RegTree::SaveModel() of XGBoost (src/tree/tree_model.cc) has
 * it. */
typedef enum {
	LEFT_CHILDREN, /* -1: a leaf */
	RIGHT_CHILDREN,
	SPLIT_INDICES,	  /* the feature */
	SPLIT_CONDITIONS, /* the threshold, or what a leaf adds */
	DEFAULT_LEFT,
	N_MEMBERS,
} Member;

/* A tree while it is numbered again. */
typedef struct {
	JsonArray *members[N_MEMBERS];
	guint n_nodes;
	guint *order; /* by new number: the number in the file */
	guint n_ordered;
	gboolean *is_ordered; /* by number in the file */
} Tree;

static gboolean
set_invalid(guint i, const gchar *what, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "node %u %s", i, what);
	return FALSE;
}

/* Up to XGBoost 1.4 a flag is true or false, later it is 1 or 0. */
static gboolean
read_integer(const Tree *tree, Member member, guint i, gint64 *value)
{
	JsonNode *node = json_array_get_element(tree->members[member], i);
	GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;

	if (type == G_TYPE_BOOLEAN)
		*value = json_node_get_boolean(node);
	else if (type == G_TYPE_INT64)
		*value = json_node_get_int(node);
	return type == G_TYPE_BOOLEAN || type == G_TYPE_INT64;
}

static gboolean
read_float(const Tree *tree, guint i, gfloat *value)
{
	JsonNode *node = json_array_get_element(tree->members[SPLIT_CONDITIONS], i);
	GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;

	if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64)
		return FALSE;
	gdouble number = json_node_get_double(node);
	*value = (gfloat)number;
	return number >= -(gdouble)FLT_MAX && number <= (gdouble)FLT_MAX;
}

/* Gives a child its number, after all that have one. */
static gboolean
order_child(Tree *tree, gint64 child, guint *number)
{
	if (child < 0 || child >= tree->n_nodes || tree->is_ordered[child])
		return FALSE;
	*number = tree->n_ordered;
	tree->is_ordered[child] = TRUE;
	tree->order[tree->n_ordered++] = (guint)child;
	return TRUE;
}

static gboolean
read_split(Tree *tree, guint i, guint n_features, gint64 left, VmfcTreeNode *node, GError **error)
{
	gint64 right;
	gint64 feature;
	gint64 is_missing_left;

	if (!read_integer(tree, RIGHT_CHILDREN, i, &right) ||
	    !read_integer(tree, SPLIT_INDICES, i, &feature) ||
	    !read_integer(tree, DEFAULT_LEFT, i, &is_missing_left))
		return set_invalid(i, "has a number that is not of its type", error);
	if (feature < 0 || feature >= n_features)
		return set_invalid(i, "has a feature that does not exist", error);
	if (!order_child(tree, left, &node->left) || !order_child(tree, right, &node->right))
		return set_invalid(i, "has a child that does not exist, or is not its own", error);
	node->feature = (gint16)feature;
	node->is_missing_left = is_missing_left != 0 ? TRUE : FALSE;
	return TRUE;
}

static gboolean
read_node(Tree *tree, guint i, guint n_features, VmfcTreeNode *node, GError **error)
{
	gint64 left;

	if (!read_integer(tree, LEFT_CHILDREN, i, &left) || !read_float(tree, i, &node->value))
		return set_invalid(i, "has a number that is not of its type", error);
	return left == -1 || read_split(tree, i, n_features, left, node, error);
}

/*
 * Breadth first, so that children have greater numbers than their parent: XGBoost gives those of
 * nodes that were pruned to others.
 */
static gboolean
read_nodes(Tree *tree, guint n_features, GArray *nodes, GError **error)
{
	guint root;

	order_child(tree, 0, &root);
	for (guint k = 0; k < tree->n_ordered; k++) {
		VmfcTreeNode node = {.feature = -1};
		if (!read_node(tree, tree->order[k], n_features, &node, error))
			return FALSE;
		g_array_append_val(nodes, node);
	}
	return TRUE;
}

static gboolean
read_members(JsonObject *object, guint most, Tree *tree, GError **error)
{
	static const gchar *const keys[N_MEMBERS] = {
		"left_children",    "right_children", "split_indices",
		"split_conditions", "default_left",
	};

	tree->n_nodes = most;
	for (guint k = 0; k < N_MEMBERS; k++) {
		tree->members[k] = vmfc_member_read_array(
			object, keys[k], k == 0 ? 1 : tree->n_nodes, tree->n_nodes, error);
		if (tree->members[k] == NULL)
			return FALSE;
		tree->n_nodes = json_array_get_length(tree->members[k]);
	}
	return TRUE;
}

static gboolean
has_categories(JsonObject *object)
{
	JsonArray *nodes = vmfc_document_get_array(object, "categories_nodes");
	return nodes != NULL && json_array_get_length(nodes) > 0;
}

/* Adds the tree to those of the estimator. */
gboolean
vmfc_xgboost_tree_read(JsonObject *object, guint n_features, VmfcEstimator *estimator,
		       GError **error)
{
	Tree tree = {.n_ordered = 0};
	guint root = estimator->nodes->len;

	if (has_categories(object)) {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
				    "it splits by categories, and vmfc knows numbers alone");
		return FALSE;
	}
	if (!read_members(object, VMFC_MODEL_MAX_NODES - root, &tree, error))
		return FALSE;
	g_autofree guint *order = g_new0(guint, tree.n_nodes);
	g_autofree gboolean *is_ordered = g_new0(gboolean, tree.n_nodes);
	tree.order = order;
	tree.is_ordered = is_ordered;
	if (!read_nodes(&tree, n_features, estimator->nodes, error))
		return FALSE;
	g_array_append_val(estimator->trees, root);
	return TRUE;
}
