/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/table-reader.h"

#include <string.h>

#include "rows/cell-write.h"
#include "rows/csv-reader.h"
#include "rows/diagnosis.h"
#include "rows/json-reader.h"

/* The first bytes of a file, which show whether it is text. */
#define N_BYTES_AT_START 64

/* Reads more. If the first row is too long, it may be an object that contains all rows. */
static gboolean
fill(VmfcTable *table, GError **error)
{
	gsize kept = table->source->end - table->source->start;

	if (vmfc_buffered_file_fill(table->source, error))
		return TRUE;
	if (kept < VMFC_MAX_ROW_SIZE || !table->is_json || table->is_array || table->n_rows > 0)
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

/* Whether a CSV row has a cell for each column. Counts those that do not. */
static gboolean
is_even(VmfcTable *table)
{
	if (table->row.n_cells == table->columns->len)
		return TRUE;
	if (table->n_uneven++ == 0)
		table->uneven_at = table->n_rows;
	return FALSE;
}

/*
 * Reads the next row.
 *
 * @row: (out): valid until the next call; %NULL at the end of the file
 *
 * Returns: %FALSE with @error set if the file is invalid
 */
gboolean
vmfc_table_reader_next(VmfcTable *table, const VmfcTableRow **row, GError **error)
{
	*row = NULL;
	for (;;) {
		switch (table->is_json ? vmfc_json_reader_next(table)
				       : vmfc_csv_reader_next(table->source, VMFC_CSV_STRICT,
							      &table->row)) {
		case VMFC_ROW_READ:
			table->n_rows++;
			if (!table->is_json && !is_even(table))
				break;
			*row = &table->row;
			return TRUE;
		case VMFC_ROW_END:
			return TRUE;
		case VMFC_ROW_CUT:
			table->is_cut = TRUE;
			if (!table->is_json)
				table->n_cut_off = 1;
			return TRUE;
		case VMFC_ROW_MORE:
			if (!fill(table, error))
				return FALSE;
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
			    "%s has more than %d columns, so it is not a file of features or "
			    "power: give one of those",
			    table->source->path, VMFC_MAX_COLUMNS);
	else if (table->names_length > VMFC_MAX_NAMES_SIZE)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s has column names of more than %d KiB in all, so it is not a file "
			    "of features or power: give one of those",
			    table->source->path, VMFC_MAX_NAMES_SIZE / 1024);
	else
		return TRUE;
	return FALSE;
}

/* Moves to the next byte that is not blank, or to the end. */
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

/* Moves to before the first row. */
gboolean
vmfc_table_reader_rewind(VmfcTable *table, GError **error)
{
	table->n_rows = 0;
	table->n_uneven = 0;
	table->n_cut_off = 0;
	table->is_cut = FALSE;
	table->is_array = FALSE;
	table->is_closed = FALSE;
	return vmfc_buffered_file_seek(table->source, table->first_row, error);
}

/* Objects may have different members, so all rows are read once to find the columns. */
static gboolean
collect_columns(VmfcTable *table, GError **error)
{
	const VmfcTableRow *row;

	table->adds_columns = TRUE;
	do {
		if (!vmfc_table_reader_next(table, &row, error) || !check_columns(table, error))
			return FALSE;
	} while (row != NULL);
	table->adds_columns = FALSE;
	return vmfc_table_reader_rewind(table, error);
}

/* Adds a column of CSV. */
static gboolean
add_name(VmfcTable *table, const gchar *name, GError **error)
{
	if (vmfc_table_find(table, name) < 0) {
		vmfc_table_add_column(table, name);
		return TRUE;
	}
	g_autofree gchar *shown = vmfc_table_show_name(name);
	g_autofree gchar *what = vmfc_diagnosis_explain_header(table);
	if (what != NULL)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s %s", table->source->path, what);
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s has the column '%s' twice in its first line: rename one",
			    table->source->path, shown);
	return FALSE;
}

/*
 * @header: may be incomplete
 *
 * Returns: %FALSE with @error set if its lines end with a carriage return only
 */
static gboolean
check_line_ends(const VmfcTable *table, const gchar *header, GError **error)
{
	const VmfcBufferedFile *source = table->source;
	const gchar *end = source->buffer + source->end;

	if (memchr(header, '\r', (gsize)(end - header)) == NULL)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "%s has lines that end with a carriage return only: convert it with tr '\\r' "
		    "'\\n'",
		    source->path);
	return FALSE;
}

/* Reads the names of the columns from the first line. */
static gboolean
read_header(VmfcTable *table, GError **error)
{
	VmfcBufferedFile *source = table->source;
	/* one more than the maximum is enough for the error */
	const guint max_cells = VMFC_MAX_COLUMNS + 1;
	g_autofree VmfcTableCell *cells = g_new(VmfcTableCell, max_cells);
	VmfcTableRow row = {.cells = cells, .max_cells = max_cells};
	VmfcRowResult result;
	gsize start = source->start;

	while ((result = vmfc_csv_reader_next(source, VMFC_CSV_STRICT, &row)) == VMFC_ROW_MORE) {
		if (!vmfc_buffered_file_fill(source, error))
			return FALSE;
		start = source->start;
	}
	if (result != VMFC_ROW_READ) /* without a complete line there are no rows */
		return check_line_ends(table, source->buffer + start, error);
	for (guint i = 0; i < MIN(row.n_cells, max_cells); i++) {
		g_autofree gchar *name = vmfc_cell_get_text(&cells[i]);
		if (!add_name(table, name, error))
			return FALSE;
	}
	return check_columns(table, error);
}

static gboolean
begin(VmfcTable *table, GError **error)
{
	VmfcBufferedFile *source = table->source;

	do {
		if (!vmfc_buffered_file_fill(source, error))
			return FALSE;
	} while (source->end < N_BYTES_AT_START && !source->is_at_end);
	if (!vmfc_diagnosis_check_bytes(source, error))
		return FALSE;
	vmfc_buffered_file_skip_mark(source);
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
		return collect_columns(table, error);
	if (!read_header(table, error))
		return FALSE;
	table->first_row = vmfc_buffered_file_tell(source);
	return TRUE;
}

/* @source: (transfer full) */
VmfcTable *
vmfc_table_reader_open_source(VmfcBufferedFile *source, GError **error)
{
	g_autoptr(VmfcTable) table = vmfc_table_new(source);

	return begin(table, error) ? g_steal_pointer(&table) : NULL;
}

/* The content shows whether the file is JSON or CSV. */
VmfcTable *
vmfc_table_reader_open(const gchar *path, GError **error)
{
	VmfcBufferedFile *source = vmfc_buffered_file_open(path, error);
	return source != NULL ? vmfc_table_reader_open_source(source, error) : NULL;
}
