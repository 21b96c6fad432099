/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/json-reader.h"

#include <string.h>

#include "rows/cell-write.h"

/* Maximum depth of nested objects, far more than in any of our files. */
#define MAX_DEPTH 64
/* If an object contains all rows, its member with the rows begins within so many bytes. */
#define MAX_MEMBER_OFFSET 65536

/* The position in a text. All functions stop at the end. */
typedef struct {
	const gchar *at;
	const gchar *end;
	gboolean is_broken; /* a syntax error at this position */
} Reader;

static void
skip_blanks(Reader *reader)
{
	const gchar *p = reader->at;
	while (p < reader->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	reader->at = p;
}

/* @c: the expected character */
static gboolean
take(Reader *reader, gchar c)
{
	skip_blanks(reader);
	if (reader->at == reader->end)
		return FALSE;
	if (*reader->at != c) {
		reader->is_broken = TRUE;
		return FALSE;
	}
	reader->at++;
	return TRUE;
}

static gboolean
take_string(Reader *reader, VmfcTableCell *cell)
{
	if (!take(reader, '"'))
		return FALSE;
	const gchar *p = reader->at;
	gboolean escaped = FALSE;
	for (; p < reader->end && *p != '"'; p++) {
		if (*p != '\\')
			continue;
		escaped = TRUE;
		p++;
	}
	if (p >= reader->end)
		return FALSE;
	*cell = (VmfcTableCell){.text = reader->at,
				.length = (guint32)(p - reader->at),
				.kind = VMFC_CELL_TEXT,
				.is_quoted = TRUE,
				.is_escaped = escaped,
				.is_json = TRUE};
	reader->at = p + 1;
	return TRUE;
}

static gboolean
is_word(const VmfcTableCell *cell, const gchar *word)
{
	return cell->length == strlen(word) && memcmp(cell->text, word, cell->length) == 0;
}

/* A number, true, false, null, or NaN and Infinity, which Python writes. */
static gboolean
take_bare(Reader *reader, VmfcTableCell *cell)
{
	const gchar *p = reader->at;
	gdouble value;
	gboolean is_exact;

	while (p < reader->end && (g_ascii_isalnum(*p) || *p == '-' || *p == '+' || *p == '.'))
		p++;
	if (p == reader->end)
		return FALSE;
	*cell = (VmfcTableCell){.text = reader->at,
				.length = (guint32)(p - reader->at),
				.kind = VMFC_CELL_NUMBER,
				.is_json = TRUE};
	reader->at = p;
	if (cell->length == 0) {
		reader->is_broken = TRUE;
		return FALSE;
	}
	if (g_ascii_isdigit(cell->text[0]) || (cell->text[0] == '-' && !is_word(cell, "-Infinity")))
		reader->is_broken = !vmfc_cell_look(cell, &value, &is_exact) &&
				    cell->kind != VMFC_CELL_MISSING;
	else if (is_word(cell, "true") || is_word(cell, "false"))
		cell->kind = VMFC_CELL_TRUTH;
	else if (is_word(cell, "null") || is_word(cell, "NaN") || is_word(cell, "Infinity") ||
		 is_word(cell, "-Infinity"))
		cell->kind = VMFC_CELL_MISSING;
	else
		reader->is_broken = TRUE;
	if (reader->is_broken)
		reader->at = cell->text;
	return !reader->is_broken;
}

/*
 * Reads an object or array within a row. A list of strings is a value; all else is skipped.
 *
 * @cell: (out): the list; not set if it is not one
 */
static gboolean
take_nested(Reader *reader, VmfcTableCell *cell, gboolean *is_list)
{
	gchar closing[MAX_DEPTH];
	guint depth = 0;
	const gchar *start = reader->at;
	VmfcTableCell part;

	*is_list = *start == '[';
	do {
		skip_blanks(reader);
		if (reader->at == reader->end)
			return FALSE;
		gchar c = *reader->at;
		if (c == '[' || c == '{') {
			if (depth == MAX_DEPTH) {
				reader->is_broken = TRUE;
				return FALSE;
			}
			*is_list &= depth == 0;
			closing[depth++] = c == '[' ? ']' : '}';
			reader->at++;
		} else if (c == closing[depth - 1]) {
			depth--;
			reader->at++;
		} else if (c == ',' || c == ':') {
			reader->at++;
		} else if (c == '"') {
			if (!take_string(reader, &part))
				return FALSE;
		} else {
			*is_list = FALSE;
			if (!take_bare(reader, &part))
				return FALSE;
		}
	} while (depth > 0);
	if (*is_list)
		*cell = (VmfcTableCell){.text = start,
					.length = (guint32)(reader->at - start),
					.kind = VMFC_CELL_LIST,
					.is_json = TRUE};
	return TRUE;
}

/* Returns: the column of that name, usually the one after the last; -1 for none */
static gint
find_column(VmfcTable *table, const VmfcTableCell *key)
{
	for (guint i = 0; i < 2 && table->next_column < table->columns->len; i++) {
		const gchar *name = table->columns->pdata[table->next_column];
		if (!key->is_escaped && is_word(key, name))
			return (gint)table->next_column++;
		table->next_column++;
	}
	g_autofree gchar *name = vmfc_cell_get_text(key);
	gint column = vmfc_table_find(table, name);
	if (column >= 0)
		table->next_column = (guint)column + 1;
	return column;
}

static void
set_cell(VmfcTable *table, const VmfcTableCell *key, const VmfcTableCell *cell)
{
	gint column = find_column(table, key);

	/* one more than the maximum is enough for the error; a row could have a million */
	if (column < 0 && table->adds_columns && table->columns->len <= VMFC_MAX_COLUMNS) {
		g_autofree gchar *name = vmfc_cell_get_text(key);
		column = (gint)vmfc_table_add_column(table, name);
	}
	if (column >= 0)
		table->row.cells[column] = *cell;
}

static gboolean
take_member(VmfcTable *table, Reader *reader)
{
	VmfcTableCell key;
	VmfcTableCell cell;
	gboolean is_value = TRUE;

	skip_blanks(reader);
	if (!take_string(reader, &key) || !take(reader, ':'))
		return FALSE;
	skip_blanks(reader);
	if (reader->at == reader->end)
		return FALSE;
	gboolean taken;
	if (*reader->at == '"')
		taken = take_string(reader, &cell);
	else if (*reader->at == '[' || *reader->at == '{')
		taken = take_nested(reader, &cell, &is_value);
	else
		taken = take_bare(reader, &cell);
	if (taken && is_value)
		set_cell(table, &key, &cell);
	return taken;
}

static gboolean
take_object(VmfcTable *table, Reader *reader)
{
	for (guint i = 0; i < table->columns->len; i++)
		table->row.cells[i] = (VmfcTableCell){.text = "", .is_json = TRUE};
	table->next_column = 0;
	table->is_no_object = !take(reader, '{');
	if (table->is_no_object)
		return FALSE;
	skip_blanks(reader);
	if (reader->at < reader->end && *reader->at == '}') {
		reader->at++;
		return TRUE;
	}
	for (;;) {
		if (!take_member(table, reader))
			return FALSE;
		skip_blanks(reader);
		if (reader->at == reader->end)
			return FALSE;
		if (*reader->at == '}') {
			reader->at++;
			return TRUE;
		}
		if (!take(reader, ','))
			return FALSE;
	}
}

/* Reads the text between two rows. Returns: whether a row may follow */
static gboolean
take_between(VmfcTable *table, Reader *reader)
{
	skip_blanks(reader);
	if (reader->at == reader->end)
		return FALSE;
	if (table->n_rows == 0 && !table->is_array && *reader->at == '[') {
		table->is_array = TRUE;
		reader->at++;
	} else if (table->n_rows > 0 && table->is_array && *reader->at == ',') {
		reader->at++;
	} else if (table->is_array && *reader->at == ']') {
		table->is_closed = TRUE;
		reader->at++;
		skip_blanks(reader);
		reader->is_broken = reader->at < reader->end;
		return FALSE;
	} else if (table->is_array && table->n_rows > 0) {
		reader->is_broken = TRUE;
	}
	skip_blanks(reader);
	return reader->at < reader->end && !reader->is_broken;
}

/*
 * Whether an object that was read to its end is a complete row. On a line without an array, it is
 * complete only with its line feed, because a program that appends lines writes that last.
 */
static gboolean
is_row_whole(const VmfcTable *table, const Reader *reader)
{
	const gchar *p = reader->at;

	if (table->is_array)
		return TRUE;
	while (p < reader->end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p < reader->end;
}

/* The file ends where a row could begin, or within one. */
static VmfcRowResult
end_file(VmfcTable *table, gboolean follows)
{
	table->source->start = table->source->end;
	table->n_cut_off = follows;
	return follows || table->is_array ? VMFC_ROW_CUT : VMFC_ROW_END;
}

static VmfcRowResult
set_broken(VmfcTable *table, const Reader *reader)
{
	table->broken_at = (gsize)(reader->at - table->source->buffer);
	return VMFC_ROW_BROKEN;
}

VmfcRowResult
vmfc_json_reader_next(VmfcTable *table)
{
	VmfcBufferedFile *source = table->source;
	Reader reader = {source->buffer + source->start, source->buffer + source->end, FALSE};
	gboolean was_array = table->is_array;
	gboolean was_closed = table->is_closed;

	table->is_no_object = FALSE;
	if (table->is_closed) {
		skip_blanks(&reader);
		source->start = (gsize)(reader.at - source->buffer);
		if (reader.at < reader.end)
			return set_broken(table, &reader);
		return source->is_at_end ? VMFC_ROW_END : VMFC_ROW_MORE;
	}
	gboolean follows = take_between(table, &reader);
	if (follows && *reader.at == ']' && table->n_rows == 0 && table->is_array)
		follows = take_between(table, &reader); /* an empty array */
	if (reader.is_broken)
		return set_broken(table, &reader);
	if (table->is_closed) {
		source->start = (gsize)(reader.at - source->buffer);
		return source->is_at_end ? VMFC_ROW_END : VMFC_ROW_MORE;
	}
	if (follows && take_object(table, &reader) && is_row_whole(table, &reader)) {
		source->start = (gsize)(reader.at - source->buffer);
		return VMFC_ROW_READ;
	}
	if (reader.is_broken)
		return set_broken(table, &reader);
	if (source->is_at_end)
		return end_file(table, follows);
	/* the next call starts at the same place, with more text */
	table->is_array = was_array;
	table->is_closed = was_closed;
	return VMFC_ROW_MORE;
}

/*
 * Finds the first member of an object that is not a plain value, as in {"data": [{"timestamp":
 * 5}]}. Such an object is not a row, but may contain rows. Reads the beginning of the file.
 *
 * @is_lists: (out): whether it contains columns (lists of values, or names with values) instead of
 *   rows
 *
 * Returns: (transfer full) (nullable): the member's name
 */
gchar *
vmfc_json_reader_find_member(VmfcTable *table, gboolean *is_lists)
{
	VmfcBufferedFile *source = table->source;
	VmfcTableCell key;
	VmfcTableCell cell;

	if (!vmfc_buffered_file_seek(source, table->first_row, NULL))
		return NULL;
	while (source->end < MAX_MEMBER_OFFSET && !source->is_at_end) {
		if (!vmfc_buffered_file_fill(source, NULL))
			return NULL;
	}
	Reader reader = {source->buffer, source->buffer + source->end, FALSE};
	if (!take(&reader, '{'))
		return NULL;
	do {
		if (!take_string(&reader, &key) || !take(&reader, ':'))
			return NULL;
		skip_blanks(&reader);
		if (reader.at == reader.end)
			return NULL;
		if (*reader.at == '[' || *reader.at == '{') {
			*is_lists = *reader.at++ == '{';
			skip_blanks(&reader);
			*is_lists |= reader.at < reader.end && *reader.at != '{';
			return vmfc_cell_get_text(&key);
		}
		gboolean taken = *reader.at == '"' ? take_string(&reader, &cell)
						   : take_bare(&reader, &cell);
		if (!taken)
			return NULL;
	} while (take(&reader, ','));
	return NULL;
}
