/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/pull/pull-meta.h"

#include <math.h>

#include "base/document.h"
#include "record/column-words.h"
#include "rows/column-role.h"

#define MS_PER_S 1e3

static JsonNode *
build_column(const VmfcPullMeta *meta, const VmfcPullColumn *column)
{
	JsonObject *object = json_object_new();
	JsonNode *node = json_node_new(JSON_NODE_OBJECT);
	const gchar *kind = vmfc_kind_to_string(column->kind);
	const gchar *role = vmfc_role_to_string(
		vmfc_role_find(column->name, column->unit, kind, column->type == VMFC_TYPE_STRING));

	json_object_set_string_member(object, "name", column->name);
	json_object_set_string_member(object, "unit", column->unit);
	json_object_set_string_member(object, "kind", kind);
	json_object_set_string_member(object, "type", vmfc_type_to_string(column->type));
	if (role != NULL)
		json_object_set_string_member(object, "role", role);
	json_object_set_string_member(object, "source", meta->source);
	json_node_take_object(node, object);
	return node;
}

static JsonObject *
build_pull(const VmfcPullMeta *meta)
{
	JsonObject *pull = json_object_new();

	json_object_set_string_member(pull, "url", meta->url);
	json_object_set_string_member(pull, "labels", meta->labels);
	json_object_set_double_member(pull, "start", (gdouble)meta->start / MS_PER_S);
	json_object_set_double_member(pull, "end", (gdouble)meta->end / MS_PER_S);
	json_object_set_int_member(pull, "rows", (gint64)meta->n_rows);
	return pull;
}

/* Returns: (transfer full): the text of a meta file as vmfc merge takes it */
gchar *
vmfc_pull_meta_build(const VmfcPullMeta *meta)
{
	g_autoptr(JsonObject) root = json_object_new();
	JsonArray *columns = json_array_new();

	for (guint i = 0; i < meta->columns->len; i++)
		json_array_add_element(columns, build_column(meta, meta->columns->pdata[i]));
	json_object_set_string_member(root, "generator", "vmfc");
	json_object_set_string_member(root, "version", VMFC_VERSION);
	json_object_set_double_member(root, "start_time", (gdouble)meta->start / MS_PER_S);
	if (!isnan(meta->interval))
		json_object_set_double_member(root, "interval", meta->interval);
	json_object_set_object_member(root, "pull", build_pull(meta));
	json_object_set_array_member(root, "columns", columns);
	return vmfc_document_to_text(root);
}
