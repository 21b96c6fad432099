/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "model/estimator-read.h"

#include <float.h>

#include "model/member.h"
#include "vmfc/vmfc-plugin.h"

/* ---------------------------------------------------------------- terms */

static const gchar *
get_kind_name(guint kind)
{
	return vmfc_term_kind_get_name(kind);
}

/* What only some kinds have. */
static gboolean
read_bounds(JsonObject *object, VmfcTerm *term, GError **error)
{
	gboolean is_segment = term->kind == VMFC_TERM_SEGMENT;

	if (!is_segment && term->kind != VMFC_TERM_LIMIT)
		return TRUE;
	if (!vmfc_member_read_number(object, "to", DBL_MIN, G_MAXDOUBLE, &term->to, error))
		return FALSE;
	if (!is_segment)
		return TRUE;
	if (!vmfc_member_read_number(object, "from", 0, G_MAXDOUBLE, &term->from, error) ||
	    !vmfc_member_read_flag(object, "is_open", &term->is_open, error))
		return FALSE;
	if (term->to > term->from)
		return TRUE;
	g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "\"to\" is not above \"from\"");
	return FALSE;
}

static gboolean
read_term(JsonObject *object, guint n_features, VmfcTerm *term, GError **error)
{
	gint64 feature;
	guint kind;

	if (!vmfc_member_read_count(object, "feature", 0, (gint64)n_features - 1, &feature,
				    error) ||
	    !vmfc_member_read_word(object, "kind", get_kind_name, VMFC_N_TERM_KINDS, &kind,
				   error) ||
	    !vmfc_member_read_number(object, "scale", DBL_MIN, G_MAXDOUBLE, &term->scale, error) ||
	    !vmfc_member_read_number(object, "weight", -G_MAXDOUBLE, G_MAXDOUBLE, &term->weight,
				     error))
		return FALSE;
	term->feature = (guint)feature;
	term->kind = kind;
	return read_bounds(object, term, error);
}

static gboolean
read_terms(JsonObject *object, guint n_features, VmfcEstimator *estimator, GError **error)
{
	JsonArray *terms = vmfc_member_read_array(object, "terms", 0, VMFC_MODEL_MAX_TERMS, error);

	if (terms == NULL || !vmfc_member_read_number(object, "constant", -G_MAXDOUBLE, G_MAXDOUBLE,
						      &estimator->constant, error))
		return FALSE;
	for (guint i = 0; i < json_array_get_length(terms); i++) {
		JsonObject *element = vmfc_member_read_element(terms, i, error);
		VmfcTerm term = {0};
		if (element == NULL || !read_term(element, n_features, &term, error)) {
			g_prefix_error(error, "term %u: ", i + 1);
			return FALSE;
		}
		g_array_append_val(estimator->terms, term);
	}
	return TRUE;
}

/* ---------------------------------------------------------------- trees */

typedef enum {
	NODE_FEATURE,
	NODE_VALUE,
	NODE_LEFT,
	NODE_RIGHT,
	NODE_MISSING_LEFT,
	N_NODE_MEMBERS,
} NodeMember;

static gboolean
is_integer(JsonNode *node, gint64 minimum, gint64 maximum)
{
	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64)
		return FALSE;
	gint64 value = json_node_get_int(node);
	return value >= minimum && value <= maximum;
}

static gboolean
is_float(JsonNode *node)
{
	GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;

	if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64)
		return FALSE;
	gdouble value = json_node_get_double(node);
	return value >= -(gdouble)FLT_MAX && value <= (gdouble)FLT_MAX;
}

/* Returns: whether the numbers of the node are of their types */
static gboolean
read_node(JsonArray *const *members, guint i, VmfcTreeNode *node)
{
	JsonNode *at[N_NODE_MEMBERS];

	for (guint k = 0; k < N_NODE_MEMBERS; k++)
		at[k] = json_array_get_element(members[k], i);
	if (!is_integer(at[NODE_FEATURE], -1, VMFC_MODEL_MAX_FEATURES) ||
	    !is_float(at[NODE_VALUE]) || !is_integer(at[NODE_LEFT], 0, VMFC_MODEL_MAX_NODES) ||
	    !is_integer(at[NODE_RIGHT], 0, VMFC_MODEL_MAX_NODES) ||
	    !is_integer(at[NODE_MISSING_LEFT], 0, 1))
		return FALSE;
	*node = (VmfcTreeNode){
		.feature = (gint16)json_node_get_int(at[NODE_FEATURE]),
		.value = (gfloat)json_node_get_double(at[NODE_VALUE]),
		.left = (guint)json_node_get_int(at[NODE_LEFT]),
		.right = (guint)json_node_get_int(at[NODE_RIGHT]),
		.is_missing_left = (gint16)json_node_get_int(at[NODE_MISSING_LEFT]),
	};
	return TRUE;
}

static gboolean
read_nodes(JsonObject *object, guint n_left, GArray *nodes, GError **error)
{
	static const gchar *const keys[N_NODE_MEMBERS] = {"feature", "value", "left", "right",
							  "missing_left"};
	JsonArray *members[N_NODE_MEMBERS];
	guint n = n_left;

	for (guint k = 0; k < N_NODE_MEMBERS; k++) {
		/* the first one says how many there are */
		members[k] = vmfc_member_read_array(object, keys[k], k == 0 ? 1 : n, n, error);
		if (members[k] == NULL)
			return FALSE;
		n = json_array_get_length(members[k]);
	}
	for (guint i = 0; i < n; i++) {
		VmfcTreeNode node;
		if (!read_node(members, i, &node)) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
				    "node %u has a number that is not of its type", i);
			return FALSE;
		}
		g_array_append_val(nodes, node);
	}
	return TRUE;
}

static gboolean
is_valid_split(const VmfcTreeNode *nodes, guint i, guint n_nodes, guint n_features,
	       gboolean *is_reached)
{
	const VmfcTreeNode *node = &nodes[i];

	if ((guint)node->feature >= n_features || node->left <= i || node->right <= i ||
	    node->left >= n_nodes || node->right >= n_nodes || node->left == node->right ||
	    is_reached[node->left] || is_reached[node->right])
		return FALSE;
	is_reached[node->left] = TRUE;
	is_reached[node->right] = TRUE;
	return TRUE;
}

/* That a walk ends, within the tree: children have greater numbers, and each has one parent. */
gboolean
vmfc_estimator_check_tree(const VmfcTreeNode *nodes, guint n_nodes, guint n_features,
			  GError **error)
{
	g_autofree gboolean *is_reached = g_new0(gboolean, n_nodes);

	for (guint i = 0; i < n_nodes; i++) {
		if (nodes[i].feature < 0 ||
		    is_valid_split(nodes, i, n_nodes, n_features, is_reached))
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "node %u has a feature or child that does not exist, or a child that "
			    "is not its own",
			    i);
		return FALSE;
	}
	return TRUE;
}

static gboolean
read_tree(JsonObject *object, guint n_features, VmfcEstimator *estimator, GError **error)
{
	guint root = estimator->nodes->len;

	if (!read_nodes(object, VMFC_MODEL_MAX_NODES - root, estimator->nodes, error))
		return FALSE;
	g_array_append_val(estimator->trees, root);
	return vmfc_estimator_check_tree(&g_array_index(estimator->nodes, VmfcTreeNode, root),
					 estimator->nodes->len - root, n_features, error);
}

static gboolean
read_trees(JsonObject *object, guint n_features, VmfcEstimator *estimator, GError **error)
{
	JsonArray *trees = vmfc_member_read_array(object, "trees", 0, VMFC_MODEL_MAX_TREES, error);
	gdouble base;

	if (trees == NULL || !vmfc_member_read_number(object, "base", -(gdouble)FLT_MAX,
						      (gdouble)FLT_MAX, &base, error))
		return FALSE;
	estimator->base = (gfloat)base;
	for (guint i = 0; i < json_array_get_length(trees); i++) {
		JsonObject *element = vmfc_member_read_element(trees, i, error);
		if (element == NULL || !read_tree(element, n_features, estimator, error)) {
			g_prefix_error(error, "tree %u: ", i + 1);
			return FALSE;
		}
	}
	return TRUE;
}

/* ------------------------------------------------------------ estimator */

static const gchar *
get_family_name(guint family)
{
	return vmfc_family_get_name(family);
}

/*
 * @object: of the sub-model
 * @estimator: (out): to be cleared in each case
 */
gboolean
vmfc_estimator_read(JsonObject *object, guint n_features, VmfcEstimator *estimator, GError **error)
{
	guint family;

	if (!vmfc_member_read_word(object, "family", get_family_name, VMFC_N_FAMILIES, &family,
				   error))
		return FALSE;
	vmfc_estimator_init(estimator, family);
	return (estimator->terms == NULL || read_terms(object, n_features, estimator, error)) &&
	       (estimator->trees == NULL || read_trees(object, n_features, estimator, error));
}
