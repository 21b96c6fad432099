/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/document.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "../../text-file.h"
#include "vmfc/vmfc-plugin.h"

#define MOST ((gsize)1 << 20)

/* ------------------------------------------------------------- writing */

static void
test_layout(void)
{
	g_autoptr(JsonObject) root = json_object_new();
	JsonArray *list = json_array_new();
	JsonArray *numbers = json_array_new();
	JsonObject *inner = json_object_new();

	json_object_set_array_member(root, "empty", json_array_new());
	json_object_set_object_member(root, "none", json_object_new());
	json_array_add_string_element(list, "text");
	json_array_add_int_element(list, G_MININT64);
	json_object_set_double_member(inner, "a", 0.1);
	json_object_set_double_member(inner, "b", 3);
	json_array_add_object_element(list, inner);
	json_object_set_array_member(root, "list", list);
	json_array_add_int_element(numbers, 1);
	json_array_add_double_element(numbers, 2.5);
	json_object_set_array_member(root, "numbers", numbers);
	json_object_set_boolean_member(root, "yes", TRUE);
	json_object_set_null_member(root, "missing");
	json_object_set_double_member(root, "nan", NAN);
	json_object_set_double_member(root, "infinite", -INFINITY);
	g_autofree gchar *text = vmfc_document_to_text(root);
	g_assert_cmpstr(text, ==,
			"{\n"
			"  \"empty\": [],\n"
			"  \"none\": {},\n"
			"  \"list\": [\n"
			"    \"text\",\n"
			"    -9223372036854775808,\n"
			"    {\n"
			"      \"a\": 0.1,\n"
			"      \"b\": 3.0\n"
			"    }\n"
			"  ],\n"
			"  \"numbers\": [1, 2.5],\n"
			"  \"yes\": true,\n"
			"  \"missing\": null,\n"
			"  \"nan\": null,\n"
			"  \"infinite\": null\n"
			"}\n");
}

/* A document that is written in parts is the same text as one that is written as a whole. */
static void
test_parts(void)
{
	g_auto(VmfcDocument) document;
	g_autoptr(JsonObject) root = json_object_new();
	JsonArray *list = json_array_new();

	vmfc_document_init(&document);
	vmfc_document_begin(&document, NULL, '{');
	vmfc_document_add_string(&document, "a", "b");
	vmfc_document_begin(&document, "list", '[');
	for (guint i = 0; i < 2; i++)
		vmfc_document_add_object(&document, NULL, json_object_new());
	vmfc_document_end(&document, ']');
	vmfc_document_add(&document, "last", json_node_init_boolean(json_node_alloc(), FALSE));
	vmfc_document_end(&document, '}');
	json_object_set_string_member(root, "a", "b");
	json_array_add_object_element(list, json_object_new());
	json_array_add_object_element(list, json_object_new());
	json_object_set_array_member(root, "list", list);
	json_object_set_boolean_member(root, "last", FALSE);
	g_autofree gchar *whole = vmfc_document_to_text(root);
	g_assert_cmpstr(document.text->str, ==, whole);
}

/* RFC 8259, 7: quotation mark, reverse solidus and control characters; 8.1: UTF-8 */
static void
test_strings(void)
{
	static const gchar *const strings[][2] = {
		{"", "\"\""},
		{"a \"b\" \\c", "\"a \\\"b\\\" \\\\c\""},
		{"\001\n\t\177", "\"\\u0001\\u000a\\u0009\177\""},
		{"\xc3\xa4 \xff", "\"\xc3\xa4 \xef\xbf\xbd\""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(strings); i++) {
		g_autoptr(JsonObject) root = json_object_new();
		g_autofree gchar *expected = g_strdup_printf("{\n  %s: %s\n}\n", strings[i][1],
							     strings[i][1]);
		json_object_set_string_member(root, strings[i][0], strings[i][0]);
		g_autofree gchar *text = vmfc_document_to_text(root);
		g_assert_cmpstr(text, ==, expected);
	}
}

/* ------------------------------------------------------------- reading */

static JsonNode *
parse(const gchar *text)
{
	g_autoptr(GError) error = NULL;
	JsonNode *root = vmfc_document_parse(text, strlen(text), MOST, &error);

	g_assert_no_error(error);
	g_assert_nonnull(root);
	return root;
}

static void
check_float(gdouble value)
{
	g_autoptr(JsonObject) root = json_object_new();
	gdouble read;

	json_object_set_double_member(root, "x", value);
	g_autofree gchar *text = vmfc_document_to_text(root);
	g_autoptr(JsonNode) node = parse(text);
	g_assert_true(vmfc_document_get_number(json_node_get_object(node), "x", &read));
	g_assert_cmpmem(&read, sizeof(read), &value, sizeof(value));
}

static void
test_floats(void)
{
	static const gdouble values[] = {
		0.0,
		-0.0,
		0.1,
		1e22,
		-1e22,
		1e-5,
		5e-324,
		DBL_MIN,
		DBL_MAX,
		-DBL_MAX,
		1 / 3.0,
		0x1p53,
		0x1.fffffffffffffp52,
		1795811269.5,
		2.5e15,
	};

	for (guint i = 0; i < G_N_ELEMENTS(values); i++)
		check_float(values[i]);
	for (guint i = 0; i < 20000; i++) {
		guint64 bits = (guint64)g_test_rand_int() << 32 | (guint32)g_test_rand_int();
		gdouble value;
		memcpy(&value, &bits, sizeof(value));
		if (isfinite(value))
			check_float(value);
	}
}

static void
test_integers(void)
{
	static const gint64 values[] = {0, -1, G_MAXINT64, G_MININT64, (1LL << 53) + 1};

	for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autoptr(JsonObject) root = json_object_new();
		json_object_set_int_member(root, "x", values[i]);
		g_autofree gchar *text = vmfc_document_to_text(root);
		g_autoptr(JsonNode) node = parse(text);
		g_assert_cmpint(json_object_get_int_member(json_node_get_object(node), "x"), ==,
				values[i]);
	}
}

static void
check_string(const gchar *text, const gchar *expected)
{
	g_autofree gchar *document = g_strdup_printf("{\"x\": %s}", text);
	g_autoptr(JsonNode) node = parse(document);
	JsonObject *root = json_node_get_object(node);

	g_assert_cmpstr(vmfc_document_get_string(root, "x"), ==, expected);
	/* and what is written of it reads back to the same */
	g_autofree gchar *written = vmfc_document_to_text(root);
	g_autoptr(JsonNode) again = parse(written);
	g_assert_cmpstr(vmfc_document_get_string(json_node_get_object(again), "x"), ==, expected);
}

static void
test_escapes(void)
{
	check_string("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
	check_string("\"\\u00e4\\u20AC\\ud83d\\ude00\"", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	check_string("\"\177\xc3\xa4\"", "\177\xc3\xa4");
	for (guint i = 1; i < 0x20; i++) {
		g_autofree gchar *escape = g_strdup_printf("\"\\u%04x\"", i);
		const gchar expected[] = {(gchar)i, '\0'};
		check_string(escape, expected);
	}
}

static void
check_refused(const gchar *text, gsize length, const gchar *reason)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) root = vmfc_document_parse(text, length, MOST, &error);

	if (root != NULL)
		g_error("%s is not refused", text);
	/* a reader can ask for less */
	gint code = strstr(error->message, "more values") != NULL ? VMFC_ERROR_UNSUPPORTED
								  : VMFC_ERROR_FORMAT;
	g_assert_error(error, VMFC_ERROR, code);
	if (strstr(error->message, reason) == NULL)
		g_error("%s: '%s' does not say '%s'", text, error->message, reason);
}

static void
test_refused(void)
{
	/* what JsonParser of 1.6 takes, many with another value than the text has, and more */
	static const gchar *const texts[][2] = {
		{"", "it is empty"},
		{" \n ", "it is empty"},
		{"{\"a\": 1, \"a\": 2}", "two members with one name"},
		{"[{\"b\": {\"a\": 1, \"c\": [], \"a\": 1}}]", "two members with one name"},
		{"NaN", "an invalid word"},
		{"[nan]", "an invalid word"},
		{"Infinity", "an invalid word"},
		{"[\n-Infinity]", "line 2 has an invalid number"},
		{"[1e400]", "too large"},
		{"9223372036854775808", "too large"},
		{"-9223372036854775809", "too large"},
		{"18446744073709551616", "too large"},
		{"0x10", "an invalid number"},
		{"010", "an invalid number"},
		{"-01", "an invalid number"},
		{"1.", "an invalid number"},
		{".5", "an invalid word or character"},
		{"+1", "an invalid word or character"},
		{"- 1", "an invalid number"},
		{"1e", "an invalid number"},
		{"1e+", "an invalid number"},
		{"-", "an invalid number"},
		{"[0b1]", "an invalid number"},
		{"123abc", "an invalid number"},
		{"$1", "an invalid word or character"},
		{"\"\\u0000\"", "\\u0000"},
		{"\"\\u00g0\"", "hexadecimal"},
		{"\"\\u00", "hexadecimal"},
		{"\"\\ud83d\"", "surrogate"},
		{"\"\\ud83d\\u0041\"", "surrogate"},
		{"\"\\ude00\"", "surrogate"},
		{"\"\\x\"", "an invalid escape"},
		{"\"\\", "an invalid escape"},
		{"\"a", "without a closing quote"},
		{"\"a\001b\"", "control character"},
		{"\"tab\tx\"", "control character"},
		{"{'a': 1}", "an invalid word or character"},
		{"{a: 1}", "an invalid word or character"},
		{"/* a */ 1", "an invalid word or character"},
		{"// a\n1", "an invalid word or character"},
		{"# a\n1", "an invalid word or character"},
		{"var x = {};", "an invalid word or character"},
		{"True", "an invalid word or character"},
		{"nullx", "an invalid word or character"},
		{"\xef\xbb\xbf{}", "an invalid word or character"},
		{"\f1", "an invalid word or character"},
		{"[1,]", "at 1:"},
		{"[,1]", "at 1:"},
		{"[1 2]", "at 1:"},
		{"{\"a\": 1,}", "at 1:"},
		{"{\"a\": 1 \"b\": 2}", "at 1:"},
		{"{\"a\" 1}", "at 1:"},
		{"{1: 2}", "at 1:"},
		{"[1]]", "at 1:"},
		{"[\n1", "at 2:"},
		{"{\"a\": [}]", "at 1:"},
		{"[1] [2]", "a second value"},
		{"{}{}", "a second value"},
		{"[1] true", "a second value"},
		{"1,", "at 1:"},
		{"[1],", "at 1:"},
		{"{}:", "at 1:"},
		{"{}:{}", "a second value"},
		{"1 2", "a second value"},
		{"]", "at 1:"},
		{":", "at 1:"},
		{"\"\xff\"", "UTF-8"},
		{"\"\xed\xa0\x80\"", "UTF-8"},
		{"\"\xc0\xaf\"", "UTF-8"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
		check_refused(texts[i][0], strlen(texts[i][0]), texts[i][1]);
	check_refused("[1]\0", 4, "UTF-8");
	check_refused("[\"a\0b\"]", 7, "UTF-8");
}

/* @text: (transfer full): @depth of them opened, and closed again */
static gchar *
nest(guint depth, const gchar *open, const gchar *close)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < depth; i++)
		g_string_append(text, open);
	g_string_append_c(text, '1');
	for (guint i = 0; i < depth; i++)
		g_string_append(text, close);
	return g_string_free(text, FALSE);
}

static void
test_depth(void)
{
	static const gchar *const brackets[][2] = {{"[", "]"}, {"{\"a\":", "}"}};

	for (guint i = 0; i < G_N_ELEMENTS(brackets); i++) {
		const gchar *open = brackets[i][0];
		const gchar *close = brackets[i][1];
		g_autofree gchar *deep = nest(VMFC_DOCUMENT_MAX_DEPTH, open, close);
		g_autofree gchar *deeper = nest(VMFC_DOCUMENT_MAX_DEPTH + 1, open, close);
		g_autofree gchar *bomb = nest(100000, open, close);
		g_autoptr(JsonNode) accepted = parse(deep);
		g_assert_nonnull(accepted);
		check_refused(deeper, strlen(deeper), "nested brackets");
		check_refused(bomb, strlen(bomb), "nested brackets");
		check_refused(bomb, strlen(open) * 100000, "nested brackets");
	}
	/* those that are closed do not count */
	g_autoptr(GString) wide = g_string_new("[[]");
	for (guint i = 0; i < 1000; i++)
		g_string_append(wide, ",[]");
	g_string_append_c(wide, ']');
	g_autoptr(JsonNode) root = parse(wide->str);
	g_assert_cmpuint(json_array_get_length(json_node_get_array(root)), ==, 1001);
}

/* A tree takes far more memory than the text of its smallest values. */
static void
test_size(void)
{
	g_autoptr(GString) text = g_string_new("[0");

	for (guint i = 2; i < MOST / VMFC_DOCUMENT_VALUE_SIZE; i++)
		g_string_append(text, ",0");
	g_string_append_c(text, ']');
	g_autoptr(JsonNode) root = parse(text->str);
	g_assert_cmpuint(json_array_get_length(json_node_get_array(root)), ==,
			 MOST / VMFC_DOCUMENT_VALUE_SIZE - 1);
	g_string_insert(text, 1, "{},");
	check_refused(text->str, text->len, "more values");
	g_string_assign(text, "\"");
	while (text->len < MOST)
		g_string_append_c(text, 'a');
	g_string_append_c(text, '"');
	check_refused(text->str, text->len, "larger than 1 MiB");
}

static void
test_file(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) text = g_string_new("[1]");

	while (text->len < 1024)
		g_string_append_c(text, ' ');
	g_autofree gchar *path = text_file_new("document-XXXXXX", text->str);
	g_autoptr(JsonNode) root = vmfc_document_read(path, 1024, &error);
	g_assert_no_error(error);
	g_assert_nonnull(root);
	g_assert_null(vmfc_document_read(path, 1023, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
	g_assert_nonnull(strstr(error->message, path));
	g_clear_error(&error);
	g_assert_true(g_file_set_contents(path, "[1", -1, NULL));
	g_assert_null(vmfc_document_read(path, 1024, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
	g_assert_true(g_str_has_prefix(error->message, path));
	g_clear_error(&error);
	g_unlink(path);
	g_assert_null(vmfc_document_read(path, 1024, &error));
	g_assert_nonnull(strstr(error->message, path));
	g_clear_error(&error);
	g_assert_null(vmfc_document_read("/dev/zero", 1024, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
}

/* Members that are missing or of another type than a reader asks for. */
static void
test_members(void)
{
	static const gchar *const keys[] = {"text", "number", "object", "array",
					    "null", "bool",   "none"};
	g_autoptr(JsonNode) node = parse("{\"text\": \"a\", \"number\": 1, \"object\": {}, "
					 "\"array\": [], \"null\": null, \"bool\": true}");
	JsonObject *root = json_node_get_object(node);
	gdouble number = 0;

	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_assert_cmpint(vmfc_document_get_string(root, keys[i]) != NULL, ==, i == 0);
		g_assert_cmpint(vmfc_document_get_number(root, keys[i], &number), ==, i == 1);
		g_assert_cmpint(vmfc_document_get_object(root, keys[i]) != NULL, ==, i == 2);
		g_assert_cmpint(vmfc_document_get_array(root, keys[i]) != NULL, ==, i == 3);
	}
	g_assert_cmpfloat(number, ==, 1);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/document/layout", test_layout);
	g_test_add_func("/document/parts", test_parts);
	g_test_add_func("/document/strings", test_strings);
	g_test_add_func("/document/floats", test_floats);
	g_test_add_func("/document/integers", test_integers);
	g_test_add_func("/document/escapes", test_escapes);
	g_test_add_func("/document/refused", test_refused);
	g_test_add_func("/document/depth", test_depth);
	g_test_add_func("/document/size", test_size);
	g_test_add_func("/document/file", test_file);
	g_test_add_func("/document/members", test_members);
	return g_test_run();
}
