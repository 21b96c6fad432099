/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/json-string.h"

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
