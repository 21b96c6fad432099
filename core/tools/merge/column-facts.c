/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/column-facts.h"

/* Maximum length of a copied text. vmfc's own texts are far shorter. */
#define MAX_TEXT 1000

static gchar *
copy(JsonObject *column, const gchar *key)
{
	const gchar *text = vmfc_document_get_string(column, key);

	return text == NULL ? NULL
			    : g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), MAX_TEXT));
}

/* Returns: (transfer full) (nullable): the reason of the state, else the most frequent one */
static gchar *
copy_reason(JsonObject *column)
{
	JsonArray *missing = vmfc_document_get_array(column, "missing");
	JsonObject *most = NULL;
	gdouble n_most = -1;

	gchar *reason = copy(column, "reason");
	if (reason != NULL)
		return reason;
	for (guint i = 0; missing != NULL && i < json_array_get_length(missing); i++) {
		JsonNode *node = json_array_get_element(missing, i);
		gdouble n = 0;
		if (!JSON_NODE_HOLDS_OBJECT(node))
			continue;
		JsonObject *object = json_node_get_object(node);
		if (!vmfc_document_get_number(object, "windows", &n) || n <= n_most)
			continue;
		most = object;
		n_most = n;
	}
	return most != NULL ? copy(most, "reason") : NULL;
}

/* @column: of a meta file that was checked */
VmfcColumnFacts *
vmfc_column_facts_new(JsonObject *column)
{
	VmfcColumnFacts *facts = g_new0(VmfcColumnFacts, 1);

	facts->unit = copy(column, "unit");
	facts->kind = copy(column, "kind");
	facts->type = copy(column, "type");
	facts->plugin = copy(column, "plugin");
	facts->source = copy(column, "source");
	facts->description = copy(column, "description");
	facts->reason = copy_reason(column);
	return facts;
}

/* @facts: (nullable) */
void
vmfc_column_facts_free(VmfcColumnFacts *facts)
{
	if (facts == NULL)
		return;
	g_free(facts->unit);
	g_free(facts->kind);
	g_free(facts->type);
	g_free(facts->plugin);
	g_free(facts->source);
	g_free(facts->description);
	g_free(facts->reason);
	g_free(facts);
}
