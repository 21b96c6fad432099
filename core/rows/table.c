/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/table.h"

#include <string.h>

#include "rows/csv-reader.h"
#include "rows/diagnosis.h"
#include "rows/json-reader.h"

/* So much of a file tells what it is not. */
#define N_BYTES_AT_START 64

static void
clear_columns(VmfcTable *table)
{
	g_clear_pointer(&table->columns, g_ptr_array_unref);
	g_clear_pointer(&table->by_name, g_hash_table_unref);
	g_clear_pointer(&table->row.cells, g_free);
}

static void
init_columns(VmfcTable *table)
{
	table->columns = g_ptr_array_new_with_free_func(g_free);
	table->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	table->names_length = 0;
}

void
vmfc_table_free(VmfcTable *table)
{
	vmfc_buffered_file_free(table->source);
	clear_columns(table);
	g_free(table);
}

/* Returns: -1 where there is no such column */
gint
vmfc_table_find(const VmfcTable *table, const gchar *name)
{
	return GPOINTER_TO_INT(g_hash_table_lookup(table->by_name, name)) - 1;
}

const gchar *
vmfc_table_get_name(const VmfcTable *table, guint column)
{
	return table->columns->pdata[column];
}

/* Returns: (transfer full): a column's name for a sentence: nothing in it moves a cursor */
gchar *
vmfc_table_show_name(const gchar *name)
{
	gchar *shown = g_strdup(name);

	for (gchar *at = shown; *at != '\0'; at++) {
		if (g_ascii_iscntrl(*at))
			*at = '?';
	}
	return shown;
}

/* Returns: its index. Cells of the row in hand stay. */
guint
vmfc_table_add_column(VmfcTable *table, const gchar *name)
{
	guint column = table->columns->len;
	gchar *own = g_strdup(name);

	table->names_length += strlen(own);
	g_ptr_array_add(table->columns, own);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): of the macro */
	g_hash_table_insert(table->by_name, own, GINT_TO_POINTER((gint)column + 1));
	table->row.cells = g_renew(VmfcTableCell, table->row.cells, column + 1);
	table->row.cells[column] = (VmfcTableCell){.text = ""};
	return column;
}

/* Reads on. A first row that is too long may be an object with all rows in it. */
static gboolean
fill(VmfcTable *table, GError **error)
{
	gsize kept = table->source->end - table->source->start;

	if (vmfc_buffered_file_fill(table->source, error))
		return TRUE;
	if (kept < VMFC_LONGEST_ROW || !table->is_json || table->is_array || table->n_rows > 0)
		return FALSE;
	gboolean is_lists;
	g_autofree gchar *member = vmfc_json_reader_find_member(table, &is_lists);
	if (member != NULL) {
		g_autofree gchar *what = vmfc_diagnosis_explain_object(table);
		g_clear_error(error);
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s %s", table->source->path, what);
	}
	return FALSE;
}

/*
 * The next row.
 *
 * @row: (out): valid until the next call; %NULL where there are no more
 *
 * Returns: %FALSE with a sentence in @error where the file is broken
 */
gboolean
vmfc_table_next(VmfcTable *table, const VmfcTableRow **row, GError **error)
{
	*row = NULL;
	for (;;) {
		switch (table->is_json ? vmfc_json_reader_next(table)
				       : vmfc_csv_reader_next(table)) {
		case VMFC_ROW_READ:
			table->n_rows++;
			*row = &table->row;
			return TRUE;
		case VMFC_ROW_END:
			return TRUE;
		case VMFC_ROW_CUT:
			table->is_cut = TRUE;
			return TRUE;
		case VMFC_ROW_MORE:
			if (!fill(table, error))
				return FALSE;
			break;
		case VMFC_ROW_UNEVEN:
			table->n_rows++;
			if (table->n_uneven++ == 0)
				table->uneven_at = table->n_rows;
			break;
		case VMFC_ROW_BROKEN:
			vmfc_diagnosis_set_broken(table, error);
			return FALSE;
		}
	}
}

static gboolean
check_columns(const VmfcTable *table, GError **error)
{
	if (table->columns->len > VMFC_MAX_COLUMNS)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s has more than %d columns, so it is no file of features or power: "
			    "give one of those",
			    table->source->path, VMFC_MAX_COLUMNS);
	else if (table->names_length > VMFC_LONGEST_NAMES)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s has columns whose names take more than %d KiB, so it is no file of "
			    "features or power: give one of those",
			    table->source->path, VMFC_LONGEST_NAMES / 1024);
	else
		return TRUE;
	return FALSE;
}

/* Moves on to what is not blank, or to the end. */
static gboolean
skip_blanks(VmfcBufferedFile *source, GError **error)
{
	for (;;) {
		source->start += strspn(source->buffer + source->start, " \t\r\n");
		if (source->start < source->end || source->is_at_end)
			return TRUE;
		if (!vmfc_buffered_file_fill(source, error))
			return FALSE;
	}
}

/* Goes back to before the first row. */
gboolean
vmfc_table_rewind(VmfcTable *table, GError **error)
{
	table->n_rows = 0;
	table->n_uneven = 0;
	table->n_cut_off = 0;
	table->is_cut = FALSE;
	table->is_array = FALSE;
	table->is_closed = FALSE;
	return vmfc_buffered_file_seek(table->source, table->first_row, error);
}

/* An object may have members that others lack: all rows are looked at before the first is used. */
static gboolean
gather_columns(VmfcTable *table, GError **error)
{
	const VmfcTableRow *row;

	table->adds_columns = TRUE;
	do {
		if (!vmfc_table_next(table, &row, error) || !check_columns(table, error))
			return FALSE;
	} while (row != NULL);
	table->adds_columns = FALSE;
	return vmfc_table_rewind(table, error);
}

static gboolean
begin(VmfcTable *table, GError **error)
{
	VmfcBufferedFile *source = table->source;
	VmfcRowResult result;

	do {
		if (!vmfc_buffered_file_fill(source, error))
			return FALSE;
	} while (source->end < N_BYTES_AT_START && !source->is_at_end);
	if (!vmfc_diagnosis_check_bytes(source, error))
		return FALSE;
	/* the mark that some editors put in front of UTF-8 */
	if (source->end >= 3 && memcmp(source->buffer, "\xef\xbb\xbf", 3) == 0)
		source->start = 3;
	if (!skip_blanks(source, error))
		return FALSE;
	table->first_row = vmfc_buffered_file_tell(source);
	const gchar *text = source->buffer + source->start;
	if (*text == '\0') {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s is empty: give a file with rows in it", source->path);
		return FALSE;
	}
	table->is_json = *text == '[' || *text == '{';
	if (table->is_json)
		return gather_columns(table, error);
	while ((result = vmfc_csv_reader_read_header(table, error)) == VMFC_ROW_MORE) {
		if (!vmfc_buffered_file_fill(source, error))
			return FALSE;
	}
	table->first_row = vmfc_buffered_file_tell(source);
	return result != VMFC_ROW_BROKEN && check_columns(table, error);
}

/* @source: (transfer full) */
VmfcTable *
vmfc_table_new(VmfcBufferedFile *source, GError **error)
{
	g_autoptr(VmfcTable) table = g_new0(VmfcTable, 1);

	table->source = source;
	init_columns(table);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): g_autoptr frees it */
	return begin(table, error) ? g_steal_pointer(&table) : NULL;
}

/* Whether a file is JSON or CSV is told by its content. */
VmfcTable *
vmfc_table_open(const gchar *path, GError **error)
{
	VmfcBufferedFile *source = vmfc_buffered_file_open(path, error);
	return source != NULL ? vmfc_table_new(source, error) : NULL;
}

/* -------------------------------------------------------------- aside */

/* Keeps nothing of the columns in memory until vmfc_table_take_back(). */
gboolean
vmfc_table_put_aside(VmfcTable *table, VmfcSpillFile *aside, GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);

	if (table->columns == NULL)
		return TRUE;
	/* they stay the same: they are written once */
	for (guint i = 0; table->aside_length == 0 && i < table->columns->len; i++) {
		const gchar *name = vmfc_table_get_name(table, i);
		g_string_append_len(names, name, (gssize)strlen(name) + 1);
	}
	if (names->len > 0 &&
	    !vmfc_spill_file_put(aside, names->str, names->len, &table->aside_at, error))
		return FALSE;
	table->aside_length += names->len;
	clear_columns(table);
	return TRUE;
}

gboolean
vmfc_table_take_back(VmfcTable *table, const VmfcSpillFile *aside, GError **error)
{
	if (table->columns != NULL)
		return TRUE;
	g_autofree gchar *names = g_malloc(table->aside_length + 1);
	if (!vmfc_spill_file_get(aside, table->aside_at, names, table->aside_length, error))
		return FALSE;
	init_columns(table);
	for (const gchar *name = names; name < names + table->aside_length;
	     name += strlen(name) + 1)
		vmfc_table_add_column(table, name);
	return TRUE;
}
