/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/json-string.h"

#include <string.h>

static void
test_escapes(void)
{
	static const struct {
		const gchar *text;
		const gchar *written;
	} cases[] = {
		{"", "\"\""},
		{"plain, text/", "\"plain, text/\""},
		{"a \"b\" \\ c", "\"a \\\"b\\\" \\\\ c\""},
		{"\n\t\r\x01\x1f\x7f", "\"\\u000a\\u0009\\u000d\\u0001\\u001f\x7f\""},
		{"\303\244 \360\237\230\200", "\"\303\244 \360\237\230\200\""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gsize length = strlen(cases[i].text);
		g_autofree gchar *buffer = g_malloc(VMFC_JSON_STRING_ROOM(length));
		const gchar *end = vmfc_json_string_write(cases[i].text, length, buffer);
		g_autofree gchar *written = g_strndup(buffer, (gsize)(end - buffer));
		g_autoptr(GString) text = g_string_new("x");
		g_assert_cmpstr(written, ==, cases[i].written);
		g_assert_cmpuint((gsize)(end - buffer), <=, VMFC_JSON_STRING_ROOM(length));
		vmfc_json_string_append(text, cases[i].text);
		g_assert_cmpstr(text->str + 1, ==, cases[i].written);
		g_assert_cmpuint(text->len, ==, strlen(text->str));
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json-string/escapes", test_escapes);
	return g_test_run();
}
