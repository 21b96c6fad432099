/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/cell-write.h"
#include "rows/table-reader.h"

#include <string.h>

#include "table-of.h"

/* All cells of a text, in the order of the columns: `name=cell` with a blank between, a row a line.
 */
static gchar *
read_text(const gchar *text, gsize step, gboolean as_json)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcTable) table = vmfc_table_reader_open_source(
		vmfc_buffered_file_new_for_text(text, strlen(text), step), &error);
	g_autoptr(GString) all = g_string_new(NULL);
	const VmfcTableRow *row = NULL;

	if (table == NULL)
		return g_strdup(error->message);
	while (vmfc_table_reader_next(table, &row, &error) && row != NULL) {
		for (guint i = 0; i < table->columns->len; i++) {
			VmfcTableCell *cell = &row->cells[i];
			g_autofree gchar *written = g_malloc(VMFC_CELL_ROOM(cell->length) + 1);
			gdouble value;
			gboolean is_exact;
			vmfc_cell_look(cell, &value, &is_exact);
			*(as_json ? vmfc_cell_write_json(cell, FALSE, written)
				  : vmfc_cell_write_csv(cell, written)) = '\0';
			g_string_append_printf(all, "%s%s=%s", i > 0 ? " " : "",
					       vmfc_table_get_name(table, i), written);
		}
		g_string_append_c(all, '\n');
	}
	if (error != NULL)
		g_string_append(all, error->message);
	if (table->is_cut)
		g_string_append_printf(all, "cut%s", table->n_cut_off > 0 ? " off" : "");
	if (table->n_uneven > 0)
		g_string_append_printf(all, "uneven %d at %d", (gint)table->n_uneven,
				       (gint)table->uneven_at);
	return g_string_free(g_steal_pointer(&all), FALSE);
}

static void
assert_read(const gchar *text, const gchar *as_csv, const gchar *as_json)
{
	for (gsize step = 2; step < 600; step += step) {
		g_autofree gchar *csv = read_text(text, step, FALSE);
		g_autofree gchar *json = read_text(text, step, TRUE);
		g_assert_cmpstr(csv, ==, as_csv);
		if (as_json != NULL)
			g_assert_cmpstr(json, ==, as_json);
	}
}

static void
test_csv(void)
{
	assert_read("a,b,c\r\n1,-2.50,x\r\n,true,NaN\r\n", "a=1 b=-2.50 c=x\na= b=true c=\n",
		    "a=1 b=-2.50 c=\"x\"\na=null b=true c=null\n");
	/* quotes, a line break within them, an empty line, a number that is a text */
	assert_read("a,\"b\"\n\"x, \"\"y\"\"\nz\",007\n\n\"5\",+1\n",
		    "a=\"x, \"\"y\"\"\nz\" b=007\na=5 b=+1\n",
		    "a=\"x, \\\"y\\\"\\u000az\" b=\"007\"\na=5 b=\"+1\"\n");
	assert_read("\xef\xbb\xbf"
		    "a\n1\n",
		    "a=1\n", NULL);
	assert_read(" \n\"a\nb\",\"c,\"\"d\"\n1,2\n", "a\nb=1 c,\"d=2\n", NULL);
	/* invalid UTF-8 stays unchanged in CSV only */
	assert_read("a\nx\344y\n", "a=x\344y\n", "a=\"x\357\277\275y\"\n");
	/* the last digits may be missing */
	assert_read("a,b\n1,2\n3,4", "a=1 b=2\ncut off", NULL);
	assert_read("a,b\n1,2\n3,4\r", "a=1 b=2\ncut off", NULL);
	assert_read("a,b\n1,2\n3,\"4", "a=1 b=2\ncut off", NULL);
	assert_read("a,b\n1,2\n3,\"4\n5,6\n", "a=1 b=2\ncut off", NULL);
	assert_read("a,b\n1,2\n\n  \r", "a=1 b=2\n", NULL);
	assert_read("a,b\n1,2\n3\n4,5,6\n7,8\n", "a=1 b=2\na=7 b=8\nuneven 2 at 2", NULL);
}

/* What readers would take for two rows is not copied as it stands. */
static void
test_carriage_return(void)
{
	static const struct {
		const gchar *text;
		gboolean is_copied;
	} rows[] = {{"a,b\n1,x\n", TRUE},	 {"a,b\r\n1,x\r\n", TRUE},
		    {"a,b\n1,x\ry\n", FALSE},	 {"a,b\n\r1,x\r\n", FALSE},
		    {"a,b\n1,x\r\r\n", FALSE},	 {"a,b\n\"1\",x\ry\n", FALSE},
		    {"a,b\n1,\"x,y\"\r\n", TRUE}};

	assert_read("a,b\n\r1,x\ry\n", "a=\"\r1\" b=\"x\ry\"\n", NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(VmfcTable) table = vmfc_table_reader_open_source(
			vmfc_buffered_file_new_for_text(rows[i].text, strlen(rows[i].text), 64),
			NULL);
		const VmfcTableRow *row;
		g_assert_true(vmfc_table_reader_next(table, &row, NULL));
		g_assert_nonnull(row);
		g_assert_cmpint(row->line != NULL, ==, rows[i].is_copied);
	}
}

/* Names that were spilled can be restored several times, without a change. */
static void
test_aside(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcSpillFile) aside = vmfc_spill_file_new("not/there/yet", &error);
	g_autoptr(VmfcTable) table = table_of("timestamp,\"a\nb\",\344\n1,2,3\n");
	g_autoptr(VmfcTable) other = table_of("b\n1\n");
	const VmfcTableRow *row;

	g_assert_no_error(error);
	for (guint i = 0; i < 3; i++) {
		g_assert_true(vmfc_table_put_aside(table, aside, &error));
		g_assert_true(vmfc_table_put_aside(other, aside, &error));
		g_assert_null(table->columns);
		g_assert_true(vmfc_table_take_back(table, aside, &error));
		g_assert_true(vmfc_table_take_back(other, aside, &error));
		g_assert_cmpuint(table->columns->len, ==, 3);
		g_assert_cmpint(vmfc_table_find(table, "a\nb"), ==, 1);
		g_assert_cmpstr(vmfc_table_get_name(table, 2), ==, "\357\277\275");
		g_assert_cmpint(vmfc_table_find(other, "b"), ==, 0);
		g_assert_true(vmfc_table_reader_rewind(table, &error));
		g_assert_true(vmfc_table_reader_next(table, &row, &error));
		g_assert_cmpfloat(vmfc_cell_get_number(&row->cells[2]), ==, 3);
	}
	g_assert_false(g_file_test("not", G_FILE_TEST_EXISTS));
}

static void
test_json(void)
{
	assert_read("[\n]\n", "", NULL);
	assert_read("[{\"a\": 1, \"b\": \"x,y\"},\n{\"b\": null, \"c\": [\"p\", \"q\"]}]   ",
		    "a=1 b=\"x,y\" c=\na= b= c=p;q\n",
		    "a=1 b=\"x,y\" c=null\na=null b=null c=[\"p\", \"q\"]\n");
	assert_read("{\"a\":true}\n{\"a\":NaN}\n", "a=true\na=\n", "a=true\na=null\n");
	/* what is nested is left out */
	assert_read("[{\"v\": [{\"a\": 1, \"z\": [\"}\"]}], \"a\": -1.5e3, \"o\": {}}]",
		    "a=-1.5e3\n", NULL);
	assert_read("[{\"a\": \"\\u00e4\\ud83d\\ude00\\n\\\"\"}]",
		    "a=\"\303\244\360\237\230\200\n\"\"\"\n",
		    "a=\"\\u00e4\\ud83d\\ude00\\n\\\"\"\n");
	assert_read("[{\"a\": 1}, {\"a\": 2", "a=1\ncut off", NULL);
	assert_read("[{\"a\": 1},", "a=1\ncut", NULL);
	assert_read("[{\"a\": 1}", "a=1\ncut", NULL);
	assert_read("[{\"a\": 1}\n   \n", "a=1\ncut", NULL);
	assert_read("{\"a\": 1}\n{\"a", "a=1\ncut off", NULL);
	/* a line is a record when its line feed is there */
	assert_read("{\"a\": 1}\n{\"a\": 2}", "a=1\ncut off", NULL);
	assert_read("{\"a\": 1}\r\n{\"a\": 2} \r", "a=1\ncut off", NULL);
	assert_read("{\"a\": 1}\n\n{\"a\": 2} \r\n \n", "a=1\na=2\n", NULL);
	assert_read("{\"a\": 1}{\"a\": 2}\n", "a=1\na=2\n", NULL);
}

static void
test_broken(void)
{
	static const gchar *const texts[][2] = {
		{"", "empty"},
		{" \n", "empty"},
		{"[{\"a\": x}]", "after row 0"},
		{"[{\"a\": 1}{\"a\": 1}]", "after row 1"},
		{"[{\"a\": 1}] 5", "after row 1"},
		{"[{\"a\": 1},, {\"a\": 1}]", "after row 1"},
		{"[1, 2]", "line 1: after row 0 there is 1, but a row must be an object"},
		{"[\n{\"a\": 1},\nnull\n]", "line 3: after row 1 there is null, but a row must be"},
		{"[{\"a\": 1},\n]", "line 2: after row 1, the last, there is a comma"},
		{"{\"a\": 1}\n\n{\"a\": 1 2}", "line 3: after row 1 it is not JSON, from '2}' on"},
		{"[{\"a\": x\x1b[2J\xff}]", "from 'x?[2J\357\277\275}]' on"},
		{"a\rb\r", "carriage return only"},
		{"sep=;,sep=;\n", "tells Excel"},
		{"0,0\n", "contains values"},
		{"{\"a\": 01}", "after row 0"},
		{"a,b,a\n1,2,3\n", "column 'a' twice"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree gchar *all = read_text(texts[i][0], 4096, FALSE);
		if (strstr(all, texts[i][1]) == NULL)
			g_error("'%s' gave '%s'", texts[i][0], all);
	}
}

/* Numbers are right without strtod(3), and texts that are not numbers are recognised. */
static void
test_numbers(void)
{
	static const struct {
		const gchar *text;
		gboolean is_number;
		gdouble value;
	} numbers[] = {
		{"0", TRUE, 0},
		{"-0.0", TRUE, 0},
		{"17", TRUE, 17},
		{"-0.1", TRUE, -0.1},
		{"48.421052631578945", TRUE, 48.421052631578945},
		{"1757530798.9597971", TRUE, 1757530798.9597971},
		{"9007199254740993", TRUE, 9007199254740992.0},
		{"123456789012345678901234567890", TRUE, 123456789012345678901234567890.0},
		{"0.00000000000000000000000000000012345", TRUE, 1.2345e-31},
		/* fractions with more digits than fit into 64 bits */
		{"0.12345678901234567890", TRUE, 0.12345678901234567890},
		{"0.99999999999999999999", TRUE, 1},
		{"184467440737095516.15", TRUE, 184467440737095516.15},
		{"18446744073709551615.5", TRUE, 18446744073709551615.5},
		{"12345678901234567890.12345678901234567890", TRUE, 12345678901234567890.0},
		{"-1.00000000000000000001", TRUE, -1},
		{"0.00000000000000000001", TRUE, 1e-20},
		{"1757530798.95979712345678901234", TRUE, 1757530798.95979712345678901234},
		{"0.12345678901234567890e-5", TRUE, 0.12345678901234567890e-5},
		{"1e22", TRUE, 1e22},
		{"1.5E-7", TRUE, 1.5e-7},
		{"5e-324", TRUE, 5e-324},
		{"1e999", FALSE, 0},
		{"01", FALSE, 0},
		{"1.", FALSE, 0},
		{".5", FALSE, 0},
		{"-", FALSE, 0},
		{"+1", FALSE, 0},
		{"1e", FALSE, 0},
		{"0x10", FALSE, 0},
		{"1 ", FALSE, 0},
		{"nan", FALSE, 0},
	};

	for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
		VmfcTableCell cell = {.text = numbers[i].text,
				      .length = (guint32)strlen(numbers[i].text),
				      .kind = VMFC_CELL_PLAIN};
		gdouble value;
		gboolean is_exact;
		g_assert_cmpint(vmfc_cell_look(&cell, &value, &is_exact), ==, numbers[i].is_number);
		if (!numbers[i].is_number)
			continue;
		g_assert_cmpfloat(vmfc_cell_get_number(&cell), ==, numbers[i].value);
		g_assert_cmpfloat_with_epsilon(value, numbers[i].value,
					       1e-15 * ABS(numbers[i].value) + 1e-300);
		g_assert_true(!is_exact || value == numbers[i].value);
	}
}

/* With more digits than a double has, each number is the one that the C library finds. */
static void
test_long_numbers(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(9);

	for (guint i = 0; i < 2000; i++) {
		guint n_digits = 15 + i % 10;
		g_autoptr(GString) text = g_string_new("0.");
		gboolean is_exact;
		gdouble value;
		if (i % 3 > 0)
			g_string_printf(text, "%d.", g_rand_int_range(random, 1, 2000000000));
		while (n_digits-- > 0)
			g_string_append_c(text, (gchar)g_rand_int_range(random, '0', '9' + 1));
		VmfcTableCell cell = {
			.text = text->str, .length = (guint32)text->len, .kind = VMFC_CELL_PLAIN};
		g_test_message("%s", text->str);
		g_assert_cmpfloat(vmfc_cell_get_number(&cell), ==, g_ascii_strtod(text->str, NULL));
		g_assert_true(vmfc_cell_look(&cell, &value, &is_exact));
		g_assert_true(!is_exact || value == g_ascii_strtod(text->str, NULL));
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/table/csv", test_csv);
	g_test_add_func("/table/carriage-return", test_carriage_return);
	g_test_add_func("/table/aside", test_aside);
	g_test_add_func("/table/json", test_json);
	g_test_add_func("/table/broken", test_broken);
	g_test_add_func("/table/numbers", test_numbers);
	g_test_add_func("/table/long-numbers", test_long_numbers);
	return g_test_run();
}
