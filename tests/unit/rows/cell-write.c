/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Cells of one format as those of another. */

#include "rows/cell-write.h"

#include <math.h>
#include <string.h>

#define REPLACED "\357\277\275" /* U+FFFD */

typedef gchar *(*Write)(const VmfcTableCell *cell, gchar *at);

static gchar *
write_json(const VmfcTableCell *cell, gchar *at)
{
	return vmfc_cell_write_json(cell, FALSE, at);
}

static gchar *
write_json_list(const VmfcTableCell *cell, gchar *at)
{
	return vmfc_cell_write_json(cell, TRUE, at);
}

static void
assert_written(Write write, const VmfcTableCell *cell, const gchar *expected)
{
	g_autofree gchar *text = g_malloc(VMFC_CELL_ROOM(cell->length) + 1);

	*write(cell, text) = '\0';
	g_assert_cmpstr(text, ==, expected);
}

/* @text: in its file, with its quotes or brackets */
static VmfcTableCell
json_cell(const gchar *text)
{
	gsize length = strlen(text);
	gboolean is_list = text[0] == '[';

	return (VmfcTableCell){
		.text = is_list ? text : text + 1,
		.length = (guint32)(is_list ? length : length - 2),
		.kind = is_list ? VMFC_CELL_LIST : VMFC_CELL_TEXT,
		.is_quoted = !is_list,
		.is_escaped = !is_list && strchr(text, '\\') != NULL,
		.is_json = TRUE,
	};
}

/* Tells which case is tried, in the test's own output, which is UTF-8 even where @text is not. */
static void
say_case(const gchar *text)
{
	g_autofree gchar *escaped = g_strescape(text, NULL);

	g_test_message("%s", escaped);
}

static VmfcTableCell
csv_cell(const gchar *text, VmfcCellKind kind)
{
	return (VmfcTableCell){.text = text, .length = (guint32)strlen(text), .kind = (guint8)kind};
}

/* Strings of JSON (RFC 8259, 7): what they mean, and that valid ones are copied as they are. */
static void
test_strings(void)
{
	static const struct {
		const gchar *json;
		const gchar *text;
		const gchar *copy; /* NULL: unchanged */
	} cases[] = {
		{"\"\"", "", NULL},
		{"\"a b\"", "a b", NULL},
		{"\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t", NULL},
		{"\"\\\"\\\\\\/\"", "\"\\/", NULL},
		{"\"\\u00e4\"", "\303\244", NULL},
		{"\"\\u00E4x\"", "\303\244x", NULL},
		{"\"\\u20ac\"", "\342\202\254", NULL},
		{"\"\\ud83d\\ude00\"", "\360\237\230\200", NULL},
		/* the ends of the ranges of a pair */
		{"\"\\ud800\\udc00\"", "\360\220\200\200", NULL},
		{"\"\\udbff\\udfff\"", "\364\217\277\277", NULL},
		{"\"\\ud7ff\"", "\355\237\277", NULL},
		{"\"\\ue000\"", "\356\200\200", NULL},
		/* half of a pair */
		{"\"\\ud800\"", REPLACED, "\"" REPLACED "\""},
		{"\"\\udc00\\udc00\"", REPLACED REPLACED, "\"" REPLACED REPLACED "\""},
		{"\"\\ud800\\ud800\"", REPLACED REPLACED, "\"" REPLACED REPLACED "\""},
		{"\"\\ud800x\"", REPLACED "x", "\"" REPLACED "x\""},
		{"\"\\ud800\\n\"", REPLACED "\n", "\"" REPLACED "\\u000a\""},
		/* what is not JSON */
		{"\"\\u12\"", REPLACED "12", "\"" REPLACED "12\""},
		{"\"\\u12g4\"", REPLACED "12g4", "\"" REPLACED "12g4\""},
		{"\"\\u0000\"", REPLACED, "\"" REPLACED "\""},
		{"\"\\x\"", "x", "\"x\""},
		{"\"a\tb\"", "a\tb", "\"a\\u0009b\""},
		{"\"a\344b\"", "a" REPLACED "b", "\"a" REPLACED "b\""},
		{"\"\\t\344\"", "\t" REPLACED, "\"\\u0009" REPLACED "\""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const VmfcTableCell cell = json_cell(cases[i].json);
		g_autofree gchar *text = vmfc_cell_get_text(&cell);
		say_case(cases[i].json);
		g_assert_cmpstr(text, ==, cases[i].text);
		assert_written(write_json, &cell,
			       cases[i].copy != NULL ? cases[i].copy : cases[i].json);
		assert_written(write_json_list, &cell,
			       cases[i].copy != NULL ? cases[i].copy : cases[i].json);
	}
}

/* RFC 4180: who needs quotes gets them, and each quote is doubled. */
static void
test_quotes(void)
{
	static const gchar *const cases[][2] = {
		{"\"a b;c\"", "a b;c"},
		{"\"a,b\"", "\"a,b\""},
		{"\"a\\nb\"", "\"a\nb\""},
		{"\"a\\rb\"", "\"a\rb\""},
		{"\"a\\\"b\"", "\"a\"\"b\""},
		{"\"\\\"\"", "\"\"\"\""},
		{"\"\\\"\\\",\"", "\"\"\"\"\",\""},
		/* bytes that are not UTF-8 come from a file that is not valid either */
		{"\"a\344,\"", "\"a" REPLACED ",\""},
		{"\"\"", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const VmfcTableCell cell = json_cell(cases[i][0]);
		g_autofree gchar *text = vmfc_cell_get_text(&cell);
		g_autoptr(GString) appended = g_string_new("x,");
		g_autofree gchar *expected = g_strconcat("x,", cases[i][1], NULL);
		assert_written(vmfc_cell_write_csv, &cell, cases[i][1]);
		vmfc_cell_append_csv(appended, text);
		g_assert_cmpstr(appended->str, ==, expected);
	}
}

static void
test_lists(void)
{
	static const struct {
		const gchar *json;
		const gchar *csv;
		const gchar *copy;
	} cases[] = {
		{"[]", "", "[]"},
		{"[\"a\"]", "a", "[\"a\"]"},
		{"[\"a\",\"b\" , \"c\"]", "a;b;c", "[\"a\", \"b\", \"c\"]"},
		{"[\"a,b\", \"c\"]", "\"a,b;c\"", "[\"a,b\", \"c\"]"},
		/* a quote in a string does not end it, nor does a backslash before the last quote
		 */
		{"[\"a\\\"b\", \"c\"]", "\"a\"\"b;c\"", "[\"a\\\"b\", \"c\"]"},
		{"[\"a\\\\\", \"b\"]", "a\\;b", "[\"a\\\\\", \"b\"]"},
		{"[\"]\", \"\"]", "];", "[\"]\", \"\"]"},
		{"[\"\\x\", \"a\344\"]", "x;a" REPLACED, "[\"x\", \"a" REPLACED "\"]"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const VmfcTableCell cell = json_cell(cases[i].json);
		say_case(cases[i].json);
		assert_written(vmfc_cell_write_csv, &cell, cases[i].csv);
		assert_written(write_json, &cell, cases[i].copy);
	}
}

/* Cells of CSV; a list is one where the column is. */
static void
test_csv(void)
{
	static const gchar *const lists[][2] = {
		{"a", "[\"a\"]"},
		{"a;b;c", "[\"a\", \"b\", \"c\"]"},
		{"a;", "[\"a\", \"\"]"},
		{";", "[\"\", \"\"]"},
		{"a\344;b\"", "[\"a" REPLACED "\", \"b\\\"\"]"},
	};
	VmfcTableCell quoted = csv_cell("a\"\"b;c", VMFC_CELL_TEXT);
	const VmfcTableCell truth = csv_cell("TRUE", VMFC_CELL_TRUTH);
	const VmfcTableCell number = csv_cell("-1.50", VMFC_CELL_NUMBER);
	const VmfcTableCell missing = csv_cell("nan", VMFC_CELL_MISSING);
	g_autofree gchar *nothing = vmfc_cell_get_text(&missing);

	for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
		const VmfcTableCell cell = csv_cell(lists[i][0], VMFC_CELL_TEXT);
		assert_written(write_json_list, &cell, lists[i][1]);
	}
	quoted.is_escaped = TRUE;
	assert_written(write_json_list, &quoted, "[\"a\\\"b\", \"c\"]");
	assert_written(write_json, &quoted, "\"a\\\"b;c\"");
	assert_written(vmfc_cell_write_csv, &quoted, "\"a\"\"b;c\"");
	/* the truth of JSON has small letters */
	assert_written(write_json, &truth, "true");
	assert_written(vmfc_cell_write_csv, &truth, "TRUE");
	assert_written(write_json, &number, "-1.50");
	assert_written(vmfc_cell_write_csv, &number, "-1.50");
	assert_written(write_json, &missing, "null");
	assert_written(vmfc_cell_write_csv, &missing, "");
	g_assert_cmpstr(nothing, ==, "");
}

/* --------------------------------------------------------------- reading */

static void
test_kinds(void)
{
	static const struct {
		const gchar *text;
		VmfcCellKind kind;
		VmfcCellKind quoted_kind;
	} cases[] = {
		{"true", VMFC_CELL_TRUTH, VMFC_CELL_TEXT},
		{"False", VMFC_CELL_TRUTH, VMFC_CELL_TEXT},
		{"trues", VMFC_CELL_TEXT, VMFC_CELL_TEXT},
		{"tru", VMFC_CELL_TEXT, VMFC_CELL_TEXT},
		{"nan", VMFC_CELL_MISSING, VMFC_CELL_TEXT},
		{"-NaN", VMFC_CELL_MISSING, VMFC_CELL_TEXT},
		{"inf", VMFC_CELL_MISSING, VMFC_CELL_TEXT},
		{"-inf", VMFC_CELL_MISSING, VMFC_CELL_TEXT},
		{"Infinity", VMFC_CELL_MISSING, VMFC_CELL_TEXT},
		{"-Infinity", VMFC_CELL_MISSING, VMFC_CELL_TEXT},
		{"info", VMFC_CELL_TEXT, VMFC_CELL_TEXT},
		{"1e999", VMFC_CELL_MISSING, VMFC_CELL_MISSING},
		{"1e+5", VMFC_CELL_NUMBER, VMFC_CELL_NUMBER},
		{"1E-5", VMFC_CELL_NUMBER, VMFC_CELL_NUMBER},
		{"1e+-5", VMFC_CELL_TEXT, VMFC_CELL_TEXT},
		{"12", VMFC_CELL_NUMBER, VMFC_CELL_NUMBER},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (guint is_quoted = 0; is_quoted < 2; is_quoted++) {
			VmfcTableCell cell = csv_cell(cases[i].text, VMFC_CELL_PLAIN);
			gdouble value;
			gboolean is_exact;
			cell.is_quoted = (guint8)is_quoted;
			VmfcCellKind expected = is_quoted ? cases[i].quoted_kind : cases[i].kind;
			say_case(cases[i].text);
			gdouble number = vmfc_cell_get_number(&cell);
			g_assert_cmpint(isnan(number), ==, expected != VMFC_CELL_NUMBER);
			g_assert_cmpint(vmfc_cell_look(&cell, &value, &is_exact), ==,
					expected == VMFC_CELL_NUMBER);
			g_assert_cmpint(cell.kind, ==, expected);
		}
	}
}

/* Flags of old files: true, or 1. */
static void
test_truth(void)
{
	static const gchar *const yes[] = {"true", "True", "TRUE", "1"};
	static const gchar *const no[] = {"false", "0", "", "10", "1.0", "truer", "yes", "-1"};

	for (guint i = 0; i < G_N_ELEMENTS(yes); i++) {
		const VmfcTableCell cell = csv_cell(yes[i], VMFC_CELL_PLAIN);
		g_assert_true(vmfc_cell_is_true(&cell));
	}
	for (guint i = 0; i < G_N_ELEMENTS(no); i++) {
		const VmfcTableCell cell = csv_cell(no[i], VMFC_CELL_PLAIN);
		g_assert_false(vmfc_cell_is_true(&cell));
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cell-write/strings", test_strings);
	g_test_add_func("/cell-write/quotes", test_quotes);
	g_test_add_func("/cell-write/lists", test_lists);
	g_test_add_func("/cell-write/csv", test_csv);
	g_test_add_func("/cell-write/kinds", test_kinds);
	g_test_add_func("/cell-write/truth", test_truth);
	return g_test_run();
}
