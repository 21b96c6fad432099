/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "object.h"

void
json_object_init(JsonObject *object, const VmfcSchema *schema)
{
	object->keys = g_string_new(NULL);
	object->columns = g_array_new(FALSE, FALSE, sizeof(JsonColumn));
	object->text = g_string_sized_new(8192);
	for (guint i = 0; i < vmfc_schema_get_n_columns(schema); i++) {
		const VmfcColumn *column = vmfc_schema_get_column(schema, i);
		gsize start = object->keys->len;
		g_string_append_printf(object->keys, "%s\"%s\": ", i == 0 ? "{" : ", ",
				       column->name);
		const JsonColumn packed = {(guint16)(object->keys->len - start),
					   (guint16)column->type};
		g_array_append_val(object->columns, packed);
	}
}

void
json_object_clear(JsonObject *object)
{
	g_string_free(object->keys, TRUE);
	g_array_unref(object->columns);
	g_string_free(object->text, TRUE);
}

static void
append_strings(GString *text, const gchar *const *values)
{
	g_string_append_c(text, '[');
	for (guint i = 0; values[i] != NULL; i++) {
		if (i > 0)
			g_string_append(text, ", ");
		vmfc_json_append_string(text, values[i]);
	}
	g_string_append_c(text, ']');
}

static void
append_cell(GString *text, const VmfcRecord *record, guint column, VmfcType type)
{
	gchar number[VMFC_NUMBER_SIZE];

	if (!vmfc_record_has(record, column)) {
		g_string_append_len(text, "null", 4);
		return;
	}
	switch (type) {
	case VMFC_TYPE_STRING:
		vmfc_json_append_string(text, vmfc_record_get_string(record, column));
		break;
	case VMFC_TYPE_STRINGS:
		append_strings(text, vmfc_record_get_strings(record, column));
		break;
	case VMFC_TYPE_INT:
	case VMFC_TYPE_FLOAT:
	case VMFC_TYPE_BOOL:
		g_string_append_len(text, number,
				    (gssize)vmfc_record_format(record, column, number));
		break;
	}
}

/* Appends the record to @object->text, on one line. */
void
json_object_append(JsonObject *object, const VmfcRecord *record)
{
	const gchar *key = object->keys->str;

	for (guint i = 0; i < object->columns->len; i++) {
		const JsonColumn *column = &g_array_index(object->columns, JsonColumn, i);
		g_string_append_len(object->text, key, column->key_length);
		append_cell(object->text, record, i, (VmfcType)column->type);
		key += column->key_length;
	}
	g_string_append_c(object->text, '}');
}
