/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "record/schema.h"

#include <string.h>

#include "record/column-words.h"

static void
declaration_free(VmfcDeclaration *declaration)
{
	g_free((gchar *)declaration->column.name);
	g_free((gchar *)declaration->column.unit);
	g_free((gchar *)declaration->column.source);
	g_free((gchar *)declaration->column.description);
	g_free(declaration->plugin);
	g_ptr_array_unref(declaration->facts);
	for (guint i = 0; i < VMFC_N_REASONS; i++)
		g_free(declaration->reasons[i].text);
	g_free(declaration);
}

VmfcSchema *
vmfc_schema_new(void)
{
	VmfcSchema *schema = g_new0(VmfcSchema, 1);
	pthread_mutex_init(&schema->lock, NULL);
	schema->declarations = g_ptr_array_new_with_free_func((GDestroyNotify)declaration_free);
	return schema;
}

void
vmfc_schema_free(VmfcSchema *schema)
{
	g_ptr_array_unref(schema->declarations);
	g_free(schema->traits);
	pthread_mutex_destroy(&schema->lock);
	g_free(schema);
}

static gboolean
name_is_valid(const gchar *name)
{
	return name != NULL && g_ascii_islower(name[0]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static gboolean
check_column(VmfcSchema *schema, const gchar *plugin, const VmfcColumn *column, GError **error)
{
	if (schema->frozen) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN,
			    "plugin %s declares a column after open: a plugin may declare columns "
			    "only in open",
			    plugin);
		return FALSE;
	}
	if (!name_is_valid(column->name)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN,
			    "plugin %s declares a column named '%s': names begin with a lower case "
			    "letter and contain only lower case letters, digits and _",
			    plugin, column->name != NULL ? column->name : "(null)");
		return FALSE;
	}
	if ((guint)column->kind > VMFC_KIND_LABEL || (guint)column->type > VMFC_TYPE_STRINGS ||
	    (column->type == VMFC_TYPE_STRING && schema->n_strings == G_MAXUINT16)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN,
			    "plugin %s declares the column %s with an unknown kind or type, or one "
			    "string column too many",
			    plugin, column->name);
		return FALSE;
	}
	if (column->kind == VMFC_KIND_COUNTER && column->type != VMFC_TYPE_INT &&
	    column->type != VMFC_TYPE_FLOAT) {
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_PLUGIN,
			"plugin %s declares the counter %s as %s: a counter is an int or a float",
			plugin, column->name, vmfc_type_to_string(column->type));
		return FALSE;
	}
	const VmfcDeclaration *taken = vmfc_schema_find(schema, column->name);
	if (taken != NULL && g_str_equal(taken->plugin, plugin)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN,
			    "plugin %s declares the column %s twice", plugin, column->name);
		return FALSE;
	}
	if (taken != NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN,
			    "plugin %s declares the column %s, which belongs to %s: remove one of "
			    "the two from --plugins",
			    plugin, column->name, taken->plugin);
		return FALSE;
	}
	return TRUE;
}

VmfcDeclaration *
vmfc_schema_add(VmfcSchema *schema, const gchar *plugin, const VmfcColumn *column, GError **error)
{
	if (!check_column(schema, plugin, column, error))
		return NULL;

	VmfcDeclaration *declaration = g_new0(VmfcDeclaration, 1);
	declaration->column = *column;
	declaration->column.name = g_strdup(column->name);
	declaration->column.unit = g_strdup(column->unit != NULL ? column->unit : "");
	declaration->column.source = g_strdup(column->source != NULL ? column->source : "");
	declaration->column.description = g_strdup(column->description != NULL ? column->description
									       : "");
	declaration->plugin = g_strdup(plugin);
	declaration->facts = g_ptr_array_new_with_free_func(g_free);
	if (column->type == VMFC_TYPE_STRING)
		declaration->string_slot = schema->n_strings++;
	g_ptr_array_add(schema->declarations, declaration);
	return declaration;
}

void
vmfc_schema_freeze(VmfcSchema *schema)
{
	g_autoptr(GPtrArray) hidden = g_ptr_array_new();
	guint n_visible = 0;

	for (guint i = 0; i < schema->declarations->len; i++) {
		VmfcDeclaration *declaration = schema->declarations->pdata[i];
		if (declaration->column.hidden)
			g_ptr_array_add(hidden, declaration);
		else
			schema->declarations->pdata[n_visible++] = declaration;
	}
	for (guint i = 0; i < hidden->len; i++)
		schema->declarations->pdata[n_visible + i] = hidden->pdata[i];
	schema->traits = g_new0(VmfcTraits, schema->declarations->len);
	for (guint i = 0; i < schema->declarations->len; i++) {
		VmfcDeclaration *declaration = schema->declarations->pdata[i];
		declaration->index = i;
		schema->traits[i] = (VmfcTraits){
			.type = declaration->column.type,
			.kind = declaration->column.kind,
			.string_slot = (guint16)declaration->string_slot,
		};
	}
	schema->n_visible = n_visible;
	schema->frozen = TRUE;
}

guint
vmfc_schema_get_n_cells(const VmfcSchema *schema)
{
	return schema->declarations->len;
}

guint
vmfc_schema_get_n_columns(const VmfcSchema *schema)
{
	return schema->n_visible;
}

const VmfcDeclaration *
vmfc_schema_get_declaration(const VmfcSchema *schema, guint index)
{
	g_return_val_if_fail(index < schema->declarations->len, NULL);
	return schema->declarations->pdata[index];
}

const VmfcColumn *
vmfc_schema_get_column(const VmfcSchema *schema, guint index)
{
	g_return_val_if_fail(index < schema->n_visible, NULL);
	return &vmfc_schema_get_declaration(schema, index)->column;
}

VmfcState
vmfc_schema_get_state(const VmfcSchema *schema, guint index, const gchar **reason)
{
	if (reason != NULL)
		*reason = NULL;
	g_return_val_if_fail(index < schema->n_visible, VMFC_STATE_UNSUPPORTED);
	return vmfc_declaration_get_state(schema, vmfc_schema_get_declaration(schema, index),
					  reason);
}

/* Like vmfc_schema_get_state(), but for any column. */
VmfcState
vmfc_declaration_get_state(const VmfcSchema *schema, const VmfcDeclaration *declaration,
			   const gchar **reason)
{
	g_return_val_if_fail(declaration != NULL, VMFC_STATE_UNSUPPORTED);
	pthread_mutex_lock((pthread_mutex_t *)&schema->lock);
	VmfcState state = declaration->state;
	if (reason != NULL)
		*reason = declaration->reason;
	pthread_mutex_unlock((pthread_mutex_t *)&schema->lock);
	return state;
}

const VmfcDeclaration *
vmfc_schema_find(const VmfcSchema *schema, const gchar *name)
{
	for (guint i = 0; i < schema->declarations->len; i++) {
		const VmfcDeclaration *declaration = schema->declarations->pdata[i];
		if (g_str_equal(declaration->column.name, name))
			return declaration;
	}
	return NULL;
}

/* @value: (nullable): %NULL removes the fact */
void
vmfc_declaration_describe(VmfcDeclaration *declaration, const gchar *key, const gchar *value)
{
	GPtrArray *facts = declaration->facts;

	for (guint i = 0; i < facts->len; i += 2) {
		if (!g_str_equal(facts->pdata[i], key))
			continue;
		if (value == NULL) {
			g_ptr_array_remove_range(facts, i, 2);
			return;
		}
		g_free(facts->pdata[i + 1]);
		facts->pdata[i + 1] = g_strdup(value);
		return;
	}
	if (value == NULL)
		return;
	g_ptr_array_add(facts, g_strdup(key));
	g_ptr_array_add(facts, g_strdup(value));
}

gboolean
vmfc_declaration_has_state(const VmfcDeclaration *declaration, VmfcState state, const gchar *reason,
			   const gchar *remedy)
{
	return declaration->state == state && g_strcmp0(declaration->reason, reason) == 0 &&
	       g_strcmp0(declaration->remedy, remedy) == 0;
}

/* Interns the texts, so that a state that comes back does not allocate again. */
void
vmfc_declaration_set_state(VmfcDeclaration *declaration, VmfcState state, const gchar *reason,
			   const gchar *remedy)
{
	declaration->state = state;
	declaration->reason = g_intern_string(reason);
	declaration->remedy = g_intern_string(remedy);
}

/* Returns: whether the column is missing, for the whole run unless its plugin changes the state */
gboolean
vmfc_declaration_is_missing(const VmfcDeclaration *declaration)
{
	return declaration->state != VMFC_STATE_OK && declaration->state != VMFC_STATE_MULTIPLEXED;
}

static gboolean
has_same_reason(const VmfcDeclaration *left, const VmfcDeclaration *right)
{
	return vmfc_declaration_is_missing(right) && left->state == right->state &&
	       g_strcmp0(left->reason, right->reason) == 0 &&
	       g_str_equal(left->plugin, right->plugin);
}

/* Calls @func once for all columns of a plugin that are missing for the same reason. */
void
vmfc_schema_foreach_missing(const VmfcSchema *schema, VmfcMissingFunc func, gpointer user_data)
{
	for (guint i = 0; i < schema->n_visible; i++) {
		const VmfcDeclaration *first = schema->declarations->pdata[i];
		gboolean is_done = FALSE;
		for (guint j = 0; j < i; j++)
			is_done |= has_same_reason(first, schema->declarations->pdata[j]);
		if (is_done || !vmfc_declaration_is_missing(first))
			continue;
		g_autoptr(GString) names = g_string_new(first->column.name);
		for (guint j = i + 1; j < schema->n_visible; j++) {
			const VmfcDeclaration *other = schema->declarations->pdata[j];
			if (has_same_reason(first, other))
				g_string_append_printf(names, ", %s", other->column.name);
		}
		func(first, names->str, user_data);
	}
}

const gchar *
vmfc_state_to_string(VmfcState state)
{
	switch (state) {
	case VMFC_STATE_OK:
		return "ok";
	case VMFC_STATE_MULTIPLEXED:
		return "multiplexed";
	case VMFC_STATE_UNSUPPORTED:
		return "unsupported";
	case VMFC_STATE_DENIED:
		return "denied";
	case VMFC_STATE_IMPLAUSIBLE:
		return "implausible";
	}
	return "unknown";
}
