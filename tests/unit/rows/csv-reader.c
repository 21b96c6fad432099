/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/csv-reader.h"

#include <string.h>

#include "rows/cell-write.h"

#define MAX_CELLS 3

/* All rows of a text: cells in brackets, a row a line, with the number of those without room. */
static void
assert_rows(const gchar *text, VmfcCsvForm form, const gchar *rows)
{
	for (gsize step = 2; step < 200; step += step) {
		g_autoptr(VmfcBufferedFile) source = vmfc_buffered_file_new_for_text(
			text, strlen(text), step);
		g_autoptr(GString) all = g_string_new(NULL);
		VmfcTableCell cells[MAX_CELLS];
		VmfcTableRow row = {.cells = cells, .max_cells = MAX_CELLS};
		VmfcRowResult result;

		while ((result = vmfc_csv_reader_next(source, form, &row)) == VMFC_ROW_READ ||
		       result == VMFC_ROW_MORE) {
			if (result == VMFC_ROW_MORE) {
				g_assert_true(vmfc_buffered_file_fill(source, NULL));
				continue;
			}
			for (guint i = 0; i < MIN(row.n_cells, MAX_CELLS); i++) {
				g_autofree gchar *cell = vmfc_cell_get_text(&cells[i]);
				g_string_append_printf(all, "[%s]", cell);
			}
			if (row.n_cells > MAX_CELLS)
				g_string_append_printf(all, "+%u", row.n_cells - MAX_CELLS);
			g_string_append_c(all, '\n');
		}
		if (result == VMFC_ROW_CUT)
			g_string_append_printf(all, "cut at %.3s", row.line);
		g_assert_cmpstr(all->str, ==, rows);
	}
}

static void
test_strict(void)
{
	assert_rows("a,b\r\n\r\n1\n2,3,4,5,\"6,\"\n", VMFC_CSV_STRICT,
		    "[a][b]\n[1]\n[2][3][4]+2\n");
	assert_rows("\"a\"\"\nb\", \"c\",#d\n# e \n", VMFC_CSV_STRICT,
		    "[a\"\nb][ \"c\"][#d]\n[# e ]\n");
	assert_rows("1,2\n3,4", VMFC_CSV_STRICT, "[1][2]\ncut at 3,4");
	assert_rows("1,2\n3,\"4\"", VMFC_CSV_STRICT, "[1][2]\ncut at 3,\"");
	assert_rows("1,2\n \r", VMFC_CSV_STRICT, "[1][2]\n");
}

static void
test_loose(void)
{
	assert_rows(" a , b\t\r\n \t\n\t# \"c,d\n1,,\" 2 \" ,4\n", VMFC_CSV_LOOSE,
		    "[a][b]\n[1][][ 2 ]+1\n");
	assert_rows("1,2\n3,4", VMFC_CSV_LOOSE, "[1][2]\n[3][4]\n");
	assert_rows("1,\"2\"\"\"", VMFC_CSV_LOOSE, "[1][2\"]\n");
	assert_rows("1,", VMFC_CSV_LOOSE, "[1][]\n");
	assert_rows("#", VMFC_CSV_LOOSE, "");
	/* a quote is one where it opens and ends a cell */
	assert_rows("\"a\"b,c\"d\" , \"e", VMFC_CSV_LOOSE, "cut at \"a\"");
	assert_rows("\"a\"b,c\"d\" ,e\"\n", VMFC_CSV_LOOSE, "[\"a\"b][c\"d\"][e\"]\n");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/csv-reader/strict", test_strict);
	g_test_add_func("/csv-reader/loose", test_loose);
	return g_test_run();
}
