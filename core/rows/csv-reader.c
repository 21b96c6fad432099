/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/csv-reader.h"

#include <string.h>

/* Adds cell @n, when there is room for it. */
static void
set_cell(VmfcTableRow *row, guint n, const gchar *text, const gchar *end)
{
	if (n >= row->max_cells)
		return;
	row->cells[n] = (VmfcTableCell){
		.text = text,
		.length = (guint32)(end - text),
		.kind = end > text ? VMFC_CELL_PLAIN : VMFC_CELL_MISSING,
	};
}

/* A line without quotes. Returns: how many cells it has */
static guint
split_simple(VmfcTableRow *row, const gchar *line, const gchar *end)
{
	guint n = 0;

	for (;;) {
		const gchar *comma = memchr(line, ',', (gsize)(end - line));
		set_cell(row, n++, line, comma != NULL ? comma : end);
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
split_quoted(VmfcTableRow *row, const gchar *text, const gchar *end, const gchar **behind)
{
	for (guint n = 0;; n++) {
		VmfcTableCell cell;
		const gchar *p = scan_cell(text, end, &cell);
		if (p == NULL)
			return 0;
		if (n < row->max_cells)
			row->cells[n] = cell;
		text = p + 1;
		if (*p == '\n') {
			*behind = text;
			return n + 1;
		}
	}
}

static VmfcRowResult
take_row(VmfcBufferedFile *source, VmfcTableRow *row, const gchar *behind, guint n)
{
	const gchar *line = source->buffer + source->start;
	const gchar *end = behind - 1;

	if (end > line && end[-1] == '\r')
		end--;
	/* Python's csv and pandas take a carriage return for the end of a row, wherever it stands
	 */
	row->line = memchr(line, '\r', (gsize)(end - line)) == NULL ? line : NULL;
	row->line_length = (gsize)(end - line);
	source->start = (gsize)(behind - source->buffer);
	row->n_cells = n;
	return VMFC_ROW_READ;
}

/*
 * Whoever writes a row ends its line. Where that is missing, the last number may have lost its last
 * digits, which nobody can tell from looking at it.
 */
static VmfcRowResult
end_in_line(VmfcBufferedFile *source)
{
	const gchar *rest = source->buffer + source->start;
	const gchar *end = source->buffer + source->end;

	while (rest < end && g_ascii_isspace(*rest))
		rest++;
	source->start = source->end;
	return rest < end ? VMFC_ROW_CUT : VMFC_ROW_END;
}

/* The next row that is not empty. @row: with room for cells; the rest is set */
VmfcRowResult
vmfc_csv_reader_next(VmfcBufferedFile *source, VmfcTableRow *row)
{
	for (;;) {
		const gchar *text = source->buffer + source->start;
		const gchar *end = source->buffer + source->end;
		const gchar *line_end = memchr(text, '\n', (gsize)(end - text));
		if (line_end == NULL)
			return source->is_at_end ? end_in_line(source) : VMFC_ROW_MORE;
		if (line_end == text || (line_end == text + 1 && *text == '\r')) {
			source->start = (gsize)(line_end + 1 - source->buffer);
			continue;
		}
		if (memchr(text, '"', (gsize)(line_end - text)) == NULL) {
			gboolean carriage = line_end[-1] == '\r';
			guint n = split_simple(row, text, line_end - carriage);
			return take_row(source, row, line_end + 1, n);
		}
		const gchar *behind;
		guint n = split_quoted(row, text, end, &behind);
		if (n == 0 && source->is_at_end)
			return end_in_line(source);
		return n == 0 ? VMFC_ROW_MORE : take_row(source, row, behind, n);
	}
}
