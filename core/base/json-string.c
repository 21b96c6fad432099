/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/json-string.h"

#include <string.h>

/*
 * @text: in UTF-8
 * @at: a buffer of VMFC_JSON_STRING_ROOM() bytes
 *
 * Returns: the end of the written text
 */
gchar *
vmfc_json_string_write(const gchar *text, gsize length, gchar *at)
{
	static const gchar digits[] = "0123456789abcdef";

	*at++ = '"';
	for (gsize i = 0; i < length; i++) {
		guchar c = (guchar)text[i];
		if (c < 0x20) {
			at = stpcpy(at, "\\u00");
			*at++ = digits[c >> 4];
			*at++ = digits[c & 15];
			continue;
		}
		if (c == '"' || c == '\\')
			*at++ = '\\';
		*at++ = (gchar)c;
	}
	*at++ = '"';
	return at;
}

void
vmfc_json_string_append(GString *text, const gchar *value)
{
	gsize length = strlen(value);
	gsize start = text->len;

	g_string_set_size(text, start + VMFC_JSON_STRING_ROOM(length));
	const gchar *end = vmfc_json_string_write(value, length, text->str + start);
	g_string_truncate(text, (gsize)(end - text->str));
}
