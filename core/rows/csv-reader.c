/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/csv-reader.h"

#include <string.h>

/* Sets cell @n, if there is room for it. */
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

/* Splits a line without quotes. Returns: the number of cells */
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

/* Returns: (nullable): the quote that closes the cell; %NULL if the text ends before it */
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

/* Removes blanks from both ends of a text. */
static void
strip(const gchar **first, const gchar **last)
{
	while (*first < *last && g_ascii_isspace(**first))
		(*first)++;
	while (*last > *first && g_ascii_isspace((*last)[-1]))
		(*last)--;
}

/* A cell without quotes. @end: the comma or line feed after it */
static VmfcTableCell
take_bare(const gchar *text, const gchar *end, VmfcCsvForm form)
{
	const gchar *last = end;

	if (form == VMFC_CSV_LOOSE)
		strip(&text, &last);
	else if (*end == '\n' && end > text && end[-1] == '\r')
		last--;
	return (VmfcTableCell){
		.text = text,
		.length = (guint32)(last - text),
		.kind = last > text ? VMFC_CELL_PLAIN : VMFC_CELL_MISSING,
	};
}

/* Whether there are only blanks between a cell's closing quote and its end. */
static gboolean
is_blank(const gchar *text, const gchar *end)
{
	strip(&text, &end);
	return text == end;
}

/*
 * Reads one cell.
 *
 * Returns: (nullable): the comma or line feed after it; %NULL if the text ends before it
 */
static const gchar *
scan_cell(const gchar *text, const gchar *end, VmfcCsvForm form, VmfcTableCell *cell)
{
	gboolean is_escaped = FALSE;
	const gchar *closing = text;
	const gchar *first = text;

	if (form == VMFC_CSV_LOOSE) {
		while (first < end && *first != '\n' && g_ascii_isspace(*first))
			first++;
	}
	gboolean is_quoted = first < end && *first == '"';
	if (is_quoted)
		closing = find_closing(first + 1, end, &is_escaped);
	if (closing == NULL)
		return NULL;
	const gchar *p = closing;
	while (p < end && *p != ',' && *p != '\n')
		p++;
	if (p == end)
		return NULL;
	if (is_quoted && (form == VMFC_CSV_STRICT || is_blank(closing + 1, p)))
		*cell = (VmfcTableCell){.text = first + 1,
					.length = (guint32)(closing - first - 1),
					.kind = VMFC_CELL_PLAIN,
					.is_quoted = TRUE,
					.is_escaped = (guint8)is_escaped};
	else
		*cell = take_bare(text, p, form);
	return p;
}

/*
 * Splits a row with quotes. A line feed in quotes does not end the row.
 *
 * @after: (out): where the next row begins
 *
 * Returns: the number of cells; 0 if the text ends before the row does
 */
static guint
split_quoted(VmfcTableRow *row, const gchar *text, const gchar *end, VmfcCsvForm form,
	     const gchar **after)
{
	for (guint n = 0;; n++) {
		VmfcTableCell cell;
		const gchar *p = scan_cell(text, end, form, &cell);
		if (p == NULL)
			return 0;
		if (n < row->max_cells)
			row->cells[n] = cell;
		text = p + 1;
		if (*p == '\n') {
			*after = text;
			return n + 1;
		}
	}
}

static VmfcRowResult
take_row(VmfcBufferedFile *source, VmfcTableRow *row, const gchar *after, guint n)
{
	const gchar *line = source->buffer + source->start;
	const gchar *end = after - 1;

	if (end > line && end[-1] == '\r')
		end--;
	/* Python's csv and pandas treat a carriage return anywhere as the end of a row */
	row->line = memchr(line, '\r', (gsize)(end - line)) == NULL ? line : NULL;
	row->line_length = (gsize)(end - line);
	row->n_cells = n;
	source->start = MIN((gsize)(after - source->buffer), source->end);
	return VMFC_ROW_READ;
}

/*
 * A program that writes a row ends its line. If the line feed is missing, the last number may lack
 * digits, which is not visible.
 */
static VmfcRowResult
end_in_line(VmfcBufferedFile *source, VmfcTableRow *row)
{
	const gchar *rest = source->buffer + source->start;
	const gchar *end = source->buffer + source->end;

	while (rest < end && g_ascii_isspace(*rest))
		rest++;
	source->start = source->end;
	row->line = rest;
	row->line_length = (gsize)(end - rest);
	return rest < end ? VMFC_ROW_CUT : VMFC_ROW_END;
}

/* Whether a line has no cells. @end: its line feed */
static gboolean
is_empty(const gchar *line, const gchar *end, VmfcCsvForm form)
{
	if (form == VMFC_CSV_STRICT)
		return line == end || (line + 1 == end && *line == '\r');
	strip(&line, &end);
	return line == end || *line == '#';
}

/*
 * Reads the next row that is not empty.
 *
 * @row: with room for cells; the rest is set. If the file ends within the row, @row->line is its
 *   beginning.
 */
VmfcRowResult
vmfc_csv_reader_next(VmfcBufferedFile *source, VmfcCsvForm form, VmfcTableRow *row)
{
	gchar *end = source->buffer + source->end;

	/* adds the line feed that the last line may lack, in the place of the NUL */
	if (form == VMFC_CSV_LOOSE && source->is_at_end && source->start < source->end)
		*end++ = '\n';
	while (source->start < source->end) {
		const gchar *text = source->buffer + source->start;
		const gchar *line_end = memchr(text, '\n', (gsize)(end - text));
		if (line_end == NULL)
			break;
		if (is_empty(text, line_end, form)) {
			source->start = MIN((gsize)(line_end + 1 - source->buffer), source->end);
			continue;
		}
		if (form == VMFC_CSV_STRICT &&
		    memchr(text, '"', (gsize)(line_end - text)) == NULL) {
			gboolean carriage = line_end[-1] == '\r';
			guint n = split_simple(row, text, line_end - carriage);
			return take_row(source, row, line_end + 1, n);
		}
		const gchar *after;
		guint n = split_quoted(row, text, end, form, &after);
		if (n == 0)
			break;
		return take_row(source, row, after, n);
	}
	return source->is_at_end ? end_in_line(source, row) : VMFC_ROW_MORE;
}
