/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/json.h"

static void
test_nesting(void)
{
	VmfcJson json;

	vmfc_json_init(&json);
	vmfc_json_begin(&json, NULL, '{');
	vmfc_json_begin(&json, "empty", '[');
	vmfc_json_end(&json, ']');
	vmfc_json_begin(&json, "list", '[');
	vmfc_json_add_int(&json, NULL, G_MININT64);
	vmfc_json_begin(&json, NULL, '{');
	vmfc_json_add_float(&json, "a", 0.1);
	vmfc_json_add_float(&json, "b", 3);
	vmfc_json_end(&json, '}');
	vmfc_json_end(&json, ']');
	vmfc_json_add_bool(&json, "yes", TRUE);
	vmfc_json_end(&json, '}');
	g_autofree gchar *text = vmfc_json_finish(&json);
	g_assert_cmpstr(text, ==,
			"{\n"
			"  \"empty\": [],\n"
			"  \"list\": [\n"
			"    -9223372036854775808,\n"
			"    {\n"
			"      \"a\": 0.1,\n"
			"      \"b\": 3.0\n"
			"    }\n"
			"  ],\n"
			"  \"yes\": true\n"
			"}\n");
}

/* RFC 8259, 7: quotation mark, reverse solidus and control characters; 8.1: UTF-8 */
static void
test_strings(void)
{
	static const gchar *const strings[][2] = {
		{"", "\"\"\n"},
		{"a \"b\" \\c", "\"a \\\"b\\\" \\\\c\"\n"},
		{"\001\n\t\177", "\"\\u0001\\u000a\\u0009\177\"\n"},
		{"\xc3\xa4 \xff", "\"\xc3\xa4 \xef\xbf\xbd\"\n"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(strings); i++) {
		VmfcJson json;
		vmfc_json_init(&json);
		vmfc_json_add_string(&json, NULL, strings[i][0]);
		g_autofree gchar *text = vmfc_json_finish(&json);
		g_assert_cmpstr(text, ==, strings[i][1]);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/nesting", test_nesting);
	g_test_add_func("/json/strings", test_strings);
	return g_test_run();
}
