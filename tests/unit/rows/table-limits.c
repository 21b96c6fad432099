/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The largest files and rows that are read, what is spilled, and what is published. */

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "rows/atomic-file.h"
#include "rows/diagnosis.h"
#include "rows/table-reader.h"

/* In place of the C library's, see meson.build: the most that one read of a file takes. */
static gsize at_most = G_MAXSIZE;

#pragma GCC visibility push(default)
ssize_t
__real_pread64(int fd, void *text, size_t length, off_t at);
ssize_t
__wrap_pread64(int fd, void *text, size_t length, off_t at);
#pragma GCC visibility pop

ssize_t
__wrap_pread64(int fd, void *text, size_t length, off_t at)
{
	return __real_pread64(fd, text, MIN(length, at_most), at);
}

/* @reason: a part of the error; NULL: it can be opened */
static VmfcTable *
open_text(const gchar *text, gsize length, const gchar *reason)
{
	g_autoptr(GError) error = NULL;
	VmfcTable *table = vmfc_table_reader_open_source(
		vmfc_buffered_file_new_for_text(text, length, 65536), &error);

	g_assert_cmpint(table != NULL, ==, reason == NULL);
	if (reason == NULL)
		return table;
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, reason));
	return NULL;
}

/* Columns and their names are limited, in both formats. */
static void
test_columns(void)
{
	for (guint n = VMFC_MAX_COLUMNS; n <= VMFC_MAX_COLUMNS + 1; n++) {
		const gchar *reason = n > VMFC_MAX_COLUMNS ? "has more than 4096 columns" : NULL;
		g_autoptr(GString) csv = g_string_new(NULL);
		g_autoptr(GString) json = g_string_new("[{");
		for (guint i = 0; i < n; i++) {
			g_string_append_printf(csv, "%sc%u", i > 0 ? "," : "", i);
			g_string_append_printf(json, "%s\"c%u\": 1", i > 0 ? "," : "", i);
		}
		g_string_append(csv, "\n");
		g_string_append(json, "}]");
		g_autoptr(VmfcTable) of_csv = open_text(csv->str, csv->len, reason);
		g_autoptr(VmfcTable) of_json = open_text(json->str, json->len, reason);
		g_assert_true(reason != NULL || of_csv->columns->len == n);
		g_assert_true(reason != NULL || of_json->columns->len == n);
	}
	for (guint more = 0; more < 2; more++) {
		g_autoptr(GString) names = g_string_new(NULL);
		for (guint i = 0; i < 64; i++) {
			g_autofree gchar *name = g_strnfill(4096 + (i == 63 ? more : 0),
							    (gchar)('0' + i));
			g_string_append_printf(names, "%s%s", i > 0 ? "," : "", name);
		}
		g_string_replace(names, "\\", "~", 0);
		g_string_append(names, "\n");
		g_autoptr(VmfcTable) table = open_text(
			names->str, names->len,
			more > 0 ? "has column names of more than 256" : NULL);
		g_assert_cmpint(table != NULL, ==, more == 0);
	}
}

/* A row of more than 4 MiB is none of features or power. */
static void
test_long_row(void)
{
	g_autofree gchar *cell = g_strnfill(5 * 1024 * 1024, '1');
	g_autofree gchar *text = g_strconcat("a\n", cell, "\n", NULL);
	g_autoptr(VmfcTable) table = open_text(text, strlen(text), NULL);
	g_autoptr(GError) error = NULL;
	const VmfcTableRow *row;

	g_assert_false(vmfc_table_reader_next(table, &row, &error));
	g_assert_nonnull(strstr(error->message, "has a row of more than 4 MiB"));
}

/* A second reading counts as the first one did. */
static void
test_rewind(void)
{
	static const gchar text[] = "a,b\n1,2\n3\n4,5,6\n7,8\n9";
	g_autoptr(VmfcTable) table = open_text(text, strlen(text), NULL);
	const VmfcTableRow *row;

	for (guint i = 0; i < 3; i++) {
		g_assert_cmpuint(table->n_rows, ==, 0);
		g_assert_cmpuint(table->n_uneven, ==, 0);
		g_assert_cmpuint(table->n_cut_off, ==, 0);
		g_assert_false(table->is_cut);
		do {
			g_assert_true(vmfc_table_reader_next(table, &row, NULL));
		} while (row != NULL);
		g_assert_cmpuint(table->n_rows, ==, 4);
		g_assert_cmpuint(table->n_uneven, ==, 2);
		g_assert_cmpuint(table->uneven_at, ==, 2);
		g_assert_cmpuint(table->n_cut_off, ==, 1);
		g_assert_true(table->is_cut);
		g_assert_true(vmfc_table_reader_rewind(table, NULL));
	}
}

/* Values of JSON within values: at most 64 deep, and a list is one of strings. */
static void
test_nested(void)
{
	for (guint depth = 63; depth <= 65; depth++) {
		g_autofree gchar *open = g_strnfill(depth, '[');
		g_autofree gchar *close = g_strnfill(depth, ']');
		g_autofree gchar *text = g_strconcat("[{\"a\": ", open, "1", close, "}]", NULL);
		g_autoptr(VmfcTable) table = open_text(text, strlen(text),
						       depth > 64 ? "it is not JSON" : NULL);
		g_assert_true(table == NULL || table->columns->len == 0);
	}
	static const gchar text[] =
		"[{\"a\": [[\"x\"]], \"b\": [1], \"\\u0063\": [\"x\"], "
		"\"d\": Infinity, \"e\": -Infinity, \"f\": NaN}, {\"c\": \"y\"}]";
	g_autoptr(VmfcTable) table = open_text(text, strlen(text), NULL);
	const VmfcTableRow *row;
	g_assert_cmpint(vmfc_table_find(table, "a"), ==, -1);
	g_assert_cmpint(vmfc_table_find(table, "b"), ==, -1);
	gint list = vmfc_table_find(table, "c");
	g_assert_cmpint(list, >=, 0);
	g_assert_cmpuint(table->columns->len, ==, 4);
	g_assert_true(vmfc_table_reader_next(table, &row, NULL));
	g_assert_cmpint(row->cells[list].kind, ==, VMFC_CELL_LIST);
	for (const gchar *name = "def"; *name != '\0'; name++) {
		const gchar column[] = {*name, '\0'};
		g_assert_cmpint(row->cells[vmfc_table_find(table, column)].kind, ==,
				VMFC_CELL_MISSING);
	}
	g_assert_true(vmfc_table_reader_next(table, &row, NULL));
	g_assert_cmpint(row->cells[list].kind, ==, VMFC_CELL_TEXT);
}

/* ------------------------------------------------------------- messages */

static void
test_messages(void)
{
	static const gchar big[] = "\0a\0,\0b\0\n";
	static const gchar little[] = "a\0,\0b\0\n\0";
	static const gchar text[] = "a,b,c,d,e,f\n1,2,3,4,5,6\n";
	static const gchar made[] = "generator,b\n1,2\n";
	static const gchar meta[] = "{\"generator\": \"vmfc\"}\n";
	static const gchar longer[] = "a,b,c,d,e,f,g\n1,2,3,4,5,6,7\n";
	g_autofree gchar *shown = vmfc_diagnosis_show("123456789012345678901234", 24);
	g_autofree gchar *cut = vmfc_diagnosis_show("1234567890123456789012345", 25);
	g_autoptr(VmfcTable) six = open_text(text, strlen(text), NULL);
	g_autoptr(VmfcTable) seven = open_text(longer, strlen(longer), NULL);
	g_autofree gchar *of_six = vmfc_diagnosis_explain_object(six);
	g_autofree gchar *of_seven = vmfc_diagnosis_explain_object(seven);

	g_assert_cmpstr(shown, ==, "123456789012345678901234");
	g_assert_cmpstr(cut, ==, "123456789012345678901234...");
	g_assert_true(g_str_has_suffix(of_six, "but has a, b, c, d, e, f"));
	g_assert_true(g_str_has_suffix(of_seven, "but has a, b, c, d, e, f, ..."));
	/* a column of CSV does not make it a meta file */
	g_autoptr(VmfcTable) by_name = open_text(made, strlen(made), NULL);
	g_autofree gchar *of_made = vmfc_diagnosis_explain_object(by_name);
	g_assert_true(g_str_has_prefix(of_made, "has no time column"));
	g_autoptr(VmfcTable) run = open_text(meta, strlen(meta), NULL);
	g_autofree gchar *of_run = vmfc_diagnosis_explain_object(run);
	g_assert_true(g_str_has_prefix(of_run, "describes a run"));
	g_assert_null(open_text(big, sizeof(big) - 1, "iconv -f UTF-16BE"));
	g_assert_null(open_text(little, sizeof(little) - 1, "iconv -f UTF-16LE"));
}

/* An object that contains all rows, or columns, in place of rows. */
static void
test_one_object(void)
{
	static const gchar *const cases[][2] = {
		{"{\"n\": 1, \"data\": [{\"a\": 1}]}\n",
		 "has its rows inside the member 'data' of one object"},
		{"{\"data\": [1, 2]}\n", "is one object that contains columns"},
		{"{\"data\": {\"a\": 1}}\n", "is one object that contains columns"},
		{"{\"data\": []}\n", "is one object that contains columns"},
		{"{\"data\": 1}\n", "has no time column"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(VmfcTable) table = open_text(cases[i][0], strlen(cases[i][0]), NULL);
		g_autofree gchar *what = vmfc_diagnosis_explain_object(table);
		g_test_message("%s: %s", cases[i][0], what);
		g_assert_true(g_str_has_prefix(what, cases[i][1]));
	}
}

/* Whether a text contains a number that a user has typed in another way. */
static void
test_number_in_text(void)
{
	static const gchar *const yes[] = {"1.5", "1,5", " 1.5 ", "+1", "007", ".5", "-1,25"};
	static const gchar *const no[] = {"1,", ",5", "1,5,2", "a", "1a", "", "1 2", "--1"};

	for (guint i = 0; i < G_N_ELEMENTS(yes); i++) {
		const VmfcTableCell cell = {
			.text = yes[i], .length = (guint32)strlen(yes[i]), .kind = VMFC_CELL_TEXT};
		g_assert_true(vmfc_diagnosis_is_number_in_text(&cell));
	}
	for (guint i = 0; i < G_N_ELEMENTS(no); i++) {
		const VmfcTableCell cell = {
			.text = no[i], .length = (guint32)strlen(no[i]), .kind = VMFC_CELL_TEXT};
		g_test_message("%s", no[i]);
		g_assert_false(vmfc_diagnosis_is_number_in_text(&cell));
	}
}

/* ---------------------------------------------------------------- files */

/* However little one read takes, each line is counted once, and each text is whole. */
static void
test_short_reads(void)
{
	g_autoptr(GString) text = g_string_new("a\n");
	g_autoptr(VmfcSpillFile) spill = vmfc_spill_file_new("/tmp/x", NULL);
	gchar first[20], second[20];
	goffset at[2];

	for (guint i = 0; i < 20000; i++)
		g_string_append(text, "1\n");
	g_autoptr(VmfcTable) table = open_text(text->str, text->len, NULL);
	const VmfcTableRow *row;
	for (guint i = 0; i < 19999; i++)
		g_assert_true(vmfc_table_reader_next(table, &row, NULL));
	at_most = 5000;
	g_assert_cmpuint(vmfc_buffered_file_find_line(table->source, row->cells[0].text), ==,
			 20000);
	at_most = 3;
	g_assert_true(vmfc_spill_file_put(spill, "0123456789", 10, &at[0], NULL));
	g_assert_true(vmfc_spill_file_put(spill, "abcdefgh", 8, &at[1], NULL));
	g_assert_true(vmfc_spill_file_put(spill, "x", 1, &(goffset){0}, NULL));
	g_assert_true(vmfc_spill_file_get(spill, at[1], second, 8, NULL));
	g_assert_true(vmfc_spill_file_get(spill, at[0], first, 10, NULL));
	g_assert_cmpmem(first, 10, "0123456789", 10);
	g_assert_cmpmem(second, 8, "abcdefgh", 8);
	/* what was not put cannot be had */
	g_assert_false(vmfc_spill_file_get(spill, at[1], second, 10, NULL));
	at_most = G_MAXSIZE;
}

/* A file has its name when all of it is there, whatever the lengths of its pieces. */
static void
test_publish(void)
{
	static const gchar *const extensions[] = {".csv", NULL};
	g_autofree gchar *folder = g_dir_make_tmp("vmfc-rows-XXXXXX", NULL);
	g_autofree gchar *name = g_build_filename(folder, "out", NULL);
	g_autofree gchar *path = g_strconcat(name, ".csv", NULL);
	g_autoptr(VmfcRunFiles) set = vmfc_run_files_new(name, extensions, 0);
	g_autoptr(VmfcAtomicFile) draft = vmfc_atomic_file_new(set, ".csv", NULL);
	g_autoptr(GString) expected = g_string_new(NULL);
	g_autofree gchar *text = NULL;

	for (guint i = 0; i < 40; i++) {
		g_autofree gchar *piece = g_strnfill(i % 7 == 3 ? 300000 : 20011 * (i % 3),
						     (gchar)('a' + i % 26));
		g_assert_true(vmfc_atomic_file_add(draft, piece, NULL));
		g_string_append(expected, piece);
		if (i % 5 == 0)
			g_assert_true(vmfc_atomic_file_settle(draft, NULL));
		g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	}
	g_assert_true(vmfc_atomic_file_publish(draft, set, NULL));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_true(g_str_equal(text, expected->str));
	g_unlink(path);
	g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void
test_no_file(void)
{
	static const gchar *const cases[][2] = {
		{"/dev/null", "/dev/null is not an ordinary file"},
		{"/tmp", "/tmp is a folder"},
		{"/no/such/file", "/no/such/file cannot be read"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(vmfc_table_reader_open(cases[i][0], &error));
		g_assert_true(g_str_has_prefix(error->message, cases[i][1]));
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/table-limits/columns", test_columns);
	g_test_add_func("/table-limits/long-row", test_long_row);
	g_test_add_func("/table-limits/rewind", test_rewind);
	g_test_add_func("/table-limits/nested", test_nested);
	g_test_add_func("/table-limits/messages", test_messages);
	g_test_add_func("/table-limits/one-object", test_one_object);
	g_test_add_func("/table-limits/number-in-text", test_number_in_text);
	g_test_add_func("/table-limits/short-reads", test_short_reads);
	g_test_add_func("/table-limits/publish", test_publish);
	g_test_add_func("/table-limits/no-file", test_no_file);
	return g_test_run();
}
