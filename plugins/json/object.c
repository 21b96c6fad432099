/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "object.h"

void
json_object_init(JsonObject *object, const VmfcSchema *schema)
{
	object->schema = schema;
	object->keys = g_ptr_array_new_with_free_func(g_free);
	object->text = g_string_sized_new(8192);
	for (guint i = 0; i < vmfc_schema_get_n_columns(schema); i++)
		g_ptr_array_add(object->keys,
				g_strdup_printf("%s\"%s\": ", i == 0 ? "{" : ", ",
						vmfc_schema_get_column(schema, i)->name));
}

void
json_object_clear(JsonObject *object)
{
	g_ptr_array_unref(object->keys);
	g_string_free(object->text, TRUE);
}

/* A string as RFC 8259 wants it. */
static void
append_string(GString *text, const gchar *value)
{
	g_string_append_c(text, '"');
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\') {
			g_string_append_c(text, '\\');
			g_string_append_c(text, *value);
		} else if ((guchar)*value < 0x20) {
			g_string_append_printf(text, "\\u%04x", (guint)*value);
		} else {
			g_string_append_c(text, *value);
		}
	}
	g_string_append_c(text, '"');
}

static void
append_strings(GString *text, const gchar *const *values)
{
	g_string_append_c(text, '[');
	for (guint i = 0; values[i] != NULL; i++) {
		if (i > 0)
			g_string_append(text, ", ");
		append_string(text, values[i]);
	}
	g_string_append_c(text, ']');
}

static void
append_cell(JsonObject *object, const VmfcRecord *record, guint column)
{
	gchar number[VMFC_NUMBER_SIZE];

	if (!vmfc_record_has(record, column)) {
		g_string_append(object->text, "null");
		return;
	}
	switch (vmfc_schema_get_column(object->schema, column)->type) {
	case VMFC_TYPE_STRING:
		append_string(object->text, vmfc_record_get_string(record, column));
		break;
	case VMFC_TYPE_STRINGS:
		append_strings(object->text, vmfc_record_get_strings(record, column));
		break;
	case VMFC_TYPE_INT:
	case VMFC_TYPE_FLOAT:
	case VMFC_TYPE_BOOL:
		g_string_append_len(object->text, number,
				    (gssize)vmfc_record_format(record, column, number));
		break;
	}
}

/* Appends the record to @object->text, on one line. */
void
json_object_append(JsonObject *object, const VmfcRecord *record)
{
	for (guint i = 0; i < object->keys->len; i++) {
		g_string_append(object->text, object->keys->pdata[i]);
		append_cell(object, record, i);
	}
	g_string_append_c(object->text, '}');
}
