/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/json.h"

#include "base/number-text.h"

void
vmfc_json_append_string(GString *text, const gchar *value)
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

void
vmfc_json_init(VmfcJson *json)
{
	*json = (VmfcJson){.text = g_string_new(NULL), .is_first = TRUE};
}

/* Returns: (transfer full): the whole text */
gchar *
vmfc_json_finish(VmfcJson *json)
{
	g_string_append_c(json->text, '\n');
	return g_string_free(json->text, FALSE);
}

static void
begin_line(VmfcJson *json)
{
	g_string_append_c(json->text, '\n');
	for (guint i = 0; i < json->depth; i++)
		g_string_append(json->text, "  ");
}

static void
begin_value(VmfcJson *json, const gchar *key)
{
	if (!json->is_first)
		g_string_append_c(json->text, ',');
	json->is_first = FALSE;
	if (json->depth > 0)
		begin_line(json);
	if (key != NULL) {
		vmfc_json_append_string(json->text, key);
		g_string_append(json->text, ": ");
	}
}

void
vmfc_json_begin(VmfcJson *json, const gchar *key, gchar bracket)
{
	begin_value(json, key);
	g_string_append_c(json->text, bracket);
	json->depth++;
	json->is_first = TRUE;
}

void
vmfc_json_end(VmfcJson *json, gchar bracket)
{
	json->depth--;
	if (!json->is_first)
		begin_line(json);
	g_string_append_c(json->text, bracket);
	json->is_first = FALSE;
}

/* @value: bytes that are no UTF-8 are replaced */
void
vmfc_json_add_string(VmfcJson *json, const gchar *key, const gchar *value)
{
	g_autofree gchar *valid = g_utf8_make_valid(value, -1);
	begin_value(json, key);
	vmfc_json_append_string(json->text, valid);
}

void
vmfc_json_add_int(VmfcJson *json, const gchar *key, gint64 value)
{
	begin_value(json, key);
	g_string_append_printf(json->text, "%" G_GINT64_FORMAT, value);
}

void
vmfc_json_add_float(VmfcJson *json, const gchar *key, gdouble value)
{
	gchar number[VMFC_NUMBER_SIZE];

	begin_value(json, key);
	vmfc_number_text_format_float(value, number);
	g_string_append(json->text, number);
}

void
vmfc_json_add_bool(VmfcJson *json, const gchar *key, gboolean value)
{
	begin_value(json, key);
	g_string_append(json->text, value ? "true" : "false");
}

void
vmfc_json_add_null(VmfcJson *json, const gchar *key)
{
	begin_value(json, key);
	g_string_append(json->text, "null");
}
