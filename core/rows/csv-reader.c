/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/csv-reader.h"

#include <string.h>

#include "rows/cell-write.h"
#include "rows/diagnosis.h"

/* Adds cell @n, when there is such a column. */
static void
set_cell(VmfcTable *table, guint n, const gchar *text, const gchar *end)
{
	if (n >= table->columns->len)
		return;
	table->row.cells[n] = (VmfcTableCell){
		.text = text,
		.length = (guint32)(end - text),
		.kind = end > text ? VMFC_CELL_PLAIN : VMFC_CELL_MISSING,
	};
}

/* A line without quotes. Returns: how many cells it has */
static guint
split_simple(VmfcTable *table, const gchar *line, const gchar *end)
{
	guint n = 0;

	for (;;) {
		const gchar *comma = memchr(line, ',', (gsize)(end - line));
		set_cell(table, n++, line, comma != NULL ? comma : end);
		if (comma == NULL)
			return n;
		line = comma + 1;
	}
}

/* Returns: at the quote that closes the cell; NULL where the text ends before */
static const gchar *
find_closing(const gchar *p, const gchar *end, gboolean *is_escaped)
{
	for (;; p += 2) {
		p = memchr(p, '"', (gsize)(end - p));
		if (p == NULL || p + 1 == end)
			return NULL;
		if (p[1] != '"')
			return p;
		*is_escaped = TRUE;
		if (p + 2 >= end)
			return NULL;
	}
}

/* One cell. Returns: at the comma or line break behind it; NULL where the text ends before */
static const gchar *
scan_cell(const gchar *text, const gchar *end, VmfcTableCell *cell)
{
	gboolean is_quoted = text < end && *text == '"';
	gboolean is_escaped = FALSE;
	const gchar *first = text + is_quoted;
	const gchar *last = is_quoted ? find_closing(first, end, &is_escaped) : text;

	if (last == NULL)
		return NULL;
	const gchar *p = last;
	while (p < end && *p != ',' && *p != '\n')
		p++;
	if (p == end)
		return NULL;
	if (!is_quoted)
		last = *p == '\n' && p > first && p[-1] == '\r' ? p - 1 : p;
	*cell = (VmfcTableCell){.text = first,
				.length = (guint32)(last - first),
				.kind = is_quoted || last > first ? VMFC_CELL_PLAIN
								  : VMFC_CELL_MISSING,
				.is_quoted = (guint8)is_quoted,
				.is_escaped = (guint8)is_escaped};
	return p;
}

/*
 * A row with quotes in it (RFC 4180), in which a line may end without ending the row.
 *
 * @behind: (out): where the next row begins
 *
 * Returns: how many cells it has; 0 where the text ends before the row does
 */
static guint
split_quoted(VmfcTable *table, const gchar *text, const gchar *end, const gchar **behind)
{
	for (guint n = 0;; n++) {
		VmfcTableCell cell;
		const gchar *p = scan_cell(text, end, &cell);
		if (p == NULL)
			return 0;
		if (n < table->columns->len)
			table->row.cells[n] = cell;
		text = p + 1;
		if (*p == '\n') {
			*behind = text;
			return n + 1;
		}
	}
}

static VmfcRowResult
take_row(VmfcTable *table, const gchar *behind, guint n)
{
	VmfcBufferedFile *source = table->source;
	const gchar *line = source->buffer + source->start;
	const gchar *end = behind - 1;

	if (end > line && end[-1] == '\r')
		end--;
	/* Python's csv and pandas take a carriage return for the end of a row, wherever it stands
	 */
	table->row.line = memchr(line, '\r', (gsize)(end - line)) == NULL ? line : NULL;
	table->row.line_length = (gsize)(end - line);
	source->start = (gsize)(behind - source->buffer);
	return n == table->columns->len ? VMFC_ROW_READ : VMFC_ROW_UNEVEN;
}

/*
 * Whoever writes a row ends its line. Where that is missing, the last number may have lost its last
 * digits, which nobody can tell from looking at it.
 */
static VmfcRowResult
end_in_line(VmfcTable *table)
{
	VmfcBufferedFile *source = table->source;
	const gchar *rest = source->buffer + source->start;

	while (rest < source->buffer + source->end && g_ascii_isspace(*rest))
		rest++;
	table->n_cut_off = rest < source->buffer + source->end;
	source->start = source->end;
	return table->n_cut_off > 0 ? VMFC_ROW_CUT : VMFC_ROW_END;
}

VmfcRowResult
vmfc_csv_reader_next(VmfcTable *table)
{
	VmfcBufferedFile *source = table->source;

	for (;;) {
		const gchar *text = source->buffer + source->start;
		const gchar *end = source->buffer + source->end;
		const gchar *line_end = memchr(text, '\n', (gsize)(end - text));
		if (line_end == NULL)
			return source->is_at_end ? end_in_line(table) : VMFC_ROW_MORE;
		if (line_end == text || (line_end == text + 1 && *text == '\r')) {
			source->start = (gsize)(line_end + 1 - source->buffer);
			continue;
		}
		if (memchr(text, '"', (gsize)(line_end - text)) == NULL) {
			gboolean carriage = line_end[-1] == '\r';
			guint n = split_simple(table, text, line_end - carriage);
			return take_row(table, line_end + 1, n);
		}
		const gchar *behind;
		guint n = split_quoted(table, text, end, &behind);
		if (n == 0 && source->is_at_end)
			return end_in_line(table);
		return n == 0 ? VMFC_ROW_MORE : take_row(table, behind, n);
	}
}

static gboolean
add_column(VmfcTable *table, const gchar *name, GError **error)
{
	if (vmfc_table_find(table, name) >= 0) {
		g_autofree gchar *shown = vmfc_table_show_name(name);
		g_autofree gchar *what = vmfc_diagnosis_explain_header(table, FALSE);
		if (what != NULL)
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s %s", table->source->path,
				    what);
		else
			g_set_error(
				error, VMFC_ERROR, VMFC_ERROR_IO,
				"%s has the column '%s' twice in its first line: name them apart",
				table->source->path, shown);
		return FALSE;
	}
	vmfc_table_add_column(table, name);
	return TRUE;
}

/* Makes the columns of the first line's cells. */
VmfcRowResult
vmfc_csv_reader_read_header(VmfcTable *table, GError **error)
{
	VmfcBufferedFile *source = table->source;
	const gchar *text = source->buffer + source->start;
	const gchar *end = source->buffer + source->end;
	const gchar *behind;

	if (split_quoted(table, text, end, &behind) == 0) {
		if (!source->is_at_end)
			return VMFC_ROW_MORE;
		if (memchr(text, '\r', (gsize)(end - text)) != NULL) {
			g_set_error(
				error, VMFC_ERROR, VMFC_ERROR_IO,
				"%s has lines that end with a carriage return alone: convert it "
				"with tr '\\r' '\\n', and give what comes out",
				source->path);
			return VMFC_ROW_BROKEN;
		}
		source->start = source->end; /* no line is whole, so there is no row either */
		return VMFC_ROW_CUT;
	}
	while (text < behind && table->columns->len <= VMFC_MAX_COLUMNS) {
		VmfcTableCell cell;
		text = scan_cell(text, end, &cell) + 1;
		g_autofree gchar *name = vmfc_cell_get_text(&cell);
		if (!add_column(table, name, error))
			return VMFC_ROW_BROKEN;
	}
	source->start = (gsize)(behind - source->buffer);
	return VMFC_ROW_READ;
}
