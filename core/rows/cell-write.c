/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/cell-write.h"

#include <string.h>

#include "base/json-string.h"

/* Reads the character after a backslash. @at: (inout): moved to the end of the escape */
static gunichar
take_escape(const gchar **at, const gchar *end)
{
	const gchar *p = *at;
	gunichar unit = 0;

	*at = p + 1;
	switch (*p) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'u':
		break;
	default:
		return (guchar)*p;
	}
	if (end - p < 5)
		return 0xfffd;
	for (gint i = 1; i <= 4; i++) {
		gint digit = g_ascii_xdigit_value(p[i]);
		if (digit < 0)
			return 0xfffd;
		unit = unit * 16 + (gunichar)digit;
	}
	*at = p + 5;
	return unit;
}

/* Like take_escape(), and combines the halves of a surrogate pair (RFC 8259, 7). */
static gunichar
take_character(const gchar **at, const gchar *end)
{
	gunichar high = take_escape(at, end);

	if (high < 0xd800 || high > 0xdfff)
		return high == 0 ? 0xfffd : high;
	if (high > 0xdbff || end - *at < 2 || (*at)[0] != '\\' || (*at)[1] != 'u')
		return 0xfffd;
	const gchar *next = *at + 1;
	gunichar low = take_escape(&next, end);
	if (low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	*at = next;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static gchar *
write_unescaped(const VmfcTableCell *cell, gchar *at)
{
	const gchar *p = cell->text;
	const gchar *end = p + cell->length;

	while (p < end) {
		if (cell->is_json && *p == '\\' && end - p > 1) {
			p++;
			at += g_unichar_to_utf8(take_character(&p, end), at);
			continue;
		}
		if (!cell->is_json && *p == '"')
			p++; /* the first of two */
		if (p < end)
			*at++ = *p++;
	}
	return at;
}

/* Replaces invalid UTF-8. Returns: the new end of the text */
static gchar *
make_valid(gchar *start, gchar *end)
{
	if (g_utf8_validate_len(start, (gsize)(end - start), NULL))
		return end;
	g_autofree gchar *valid = g_utf8_make_valid(start, (gssize)(end - start));
	return stpcpy(start, valid);
}

/*
 * Writes the value of the text, without quotes and escapes. JSON must be UTF-8 (RFC 8259, 8.1); a
 * CSV file may have any bytes.
 *
 * Returns: the end of it
 */
static gchar *
write_plain(const VmfcTableCell *cell, gchar *at)
{
	gchar *end = at + cell->length;

	if (cell->is_escaped)
		end = write_unescaped(cell, at);
	else
		memcpy(at, cell->text, cell->length);
	return cell->is_json ? make_valid(at, end) : end;
}

/* Returns: (transfer full): the value as UTF-8; "" if it is missing */
gchar *
vmfc_cell_get_text(const VmfcTableCell *cell)
{
	gchar *text = g_malloc(VMFC_CELL_ROOM(cell->length));

	if (cell->kind == VMFC_CELL_MISSING)
		text[0] = '\0';
	else
		*make_valid(text, write_plain(cell, text)) = '\0';
	return text;
}

/* ------------------------------------------------------------- writing */

/* Whether the contents of a JSON string are valid, so that they can be copied unchanged. */
static gboolean
is_valid_string(const VmfcTableCell *cell)
{
	const gchar *p = cell->text;
	const gchar *end = p + cell->length;

	if (!g_utf8_validate_len(p, cell->length, NULL))
		return FALSE;
	while (p < end) {
		if ((guchar)*p < 0x20)
			return FALSE;
		if (*p++ != '\\')
			continue;
		if (p == end || strchr("\"\\/bfnrtu", *p) == NULL ||
		    take_character(&p, end) == 0xfffd)
			return FALSE;
	}
	return TRUE;
}

/* Copies a JSON string. Decodes and encodes it if its escapes or bytes are not valid JSON. */
static gchar *
copy_json_string(const VmfcTableCell *cell, gchar *at)
{
	if (is_valid_string(cell)) {
		memcpy(at, cell->text - 1, (gsize)cell->length + 2);
		return at + cell->length + 2;
	}
	g_autofree gchar *plain = vmfc_cell_get_text(cell);
	return vmfc_json_string_write(plain, strlen(plain), at);
}

/*
 * Finds the next string of a JSON list.
 *
 * @i: (inout): the place in the list
 */
static gboolean
next_part(const VmfcTableCell *list, guint *i, VmfcTableCell *part)
{
	guint end;

	while (*i < list->length && list->text[*i] != '"')
		(*i)++;
	if (*i >= list->length)
		return FALSE;
	*part = (VmfcTableCell){
		.text = list->text + *i + 1, .kind = VMFC_CELL_TEXT, .is_json = TRUE};
	for (end = *i + 1; end < list->length && list->text[end] != '"'; end++) {
		if (list->text[end] != '\\')
			continue;
		part->is_escaped = TRUE;
		end++;
	}
	part->length = end - *i - 1;
	*i = end + 1;
	return TRUE;
}

/* Copies a JSON list. Invalid strings are encoded again. */
static gchar *
copy_json_list(const VmfcTableCell *cell, gchar *at)
{
	VmfcTableCell part;
	gboolean any = FALSE;

	*at++ = '[';
	for (guint i = 0; next_part(cell, &i, &part); any = TRUE) {
		if (any)
			at = stpcpy(at, ", ");
		at = copy_json_string(&part, at);
	}
	*at++ = ']';
	return at;
}

/* a;b as ["a", "b"] */
static gchar *
write_json_list(const gchar *text, gsize length, gchar *at)
{
	const gchar *end = text + length;

	*at++ = '[';
	for (;;) {
		const gchar *next = memchr(text, ';', (gsize)(end - text));
		at = vmfc_json_string_write(text, (gsize)((next != NULL ? next : end) - text), at);
		if (next == NULL)
			break;
		*at++ = ',';
		*at++ = ' ';
		text = next + 1;
	}
	*at++ = ']';
	return at;
}

/*
 * @is_list: whether a plain text is a list whose parts are separated by semicolons
 * @at: VMFC_CELL_ROOM() bytes
 *
 * Returns: the end of what was written
 */
gchar *
vmfc_cell_write_json(const VmfcTableCell *cell, gboolean is_list, gchar *at)
{
	switch ((VmfcCellKind)cell->kind) {
	case VMFC_CELL_MISSING:
		return stpcpy(at, "null");
	case VMFC_CELL_NUMBER:
		memcpy(at, cell->text, cell->length);
		return at + cell->length;
	case VMFC_CELL_LIST:
		return copy_json_list(cell, at);
	case VMFC_CELL_TRUTH:
		for (guint i = 0; i < cell->length; i++)
			*at++ = g_ascii_tolower(cell->text[i]);
		return at;
	case VMFC_CELL_PLAIN:
	case VMFC_CELL_TEXT:
		break;
	}
	if (cell->is_json)
		return copy_json_string(cell, at);
	if (!cell->is_escaped && !is_list && g_utf8_validate_len(cell->text, cell->length, NULL))
		return vmfc_json_string_write(cell->text, cell->length, at);
	g_autofree gchar *plain = vmfc_cell_get_text(cell);
	at = is_list ? write_json_list(plain, strlen(plain), at)
		     : vmfc_json_string_write(plain, strlen(plain), at);
	return at;
}

/* ["a", "b"] as a;b */
static gchar *
write_csv_list(const VmfcTableCell *cell, gchar *at)
{
	VmfcTableCell part;
	gboolean any = FALSE;

	for (guint i = 0; next_part(cell, &i, &part); any = TRUE) {
		if (any)
			*at++ = ';';
		at = write_plain(&part, at);
	}
	return at;
}

/* RFC 4180: a cell with a comma, a quote or a line break is quoted, and its quotes are doubled. */
static gchar *
quote_csv(gchar *start, gchar *end)
{
	gboolean needs_quotes = FALSE;
	gsize n_quotes = 0;

	for (const gchar *p = start; p < end; p++) {
		needs_quotes |= *p == '"' || *p == ',' || *p == '\n' || *p == '\r';
		n_quotes += *p == '"';
	}
	if (!needs_quotes)
		return end;
	gchar *to = end + n_quotes + 2;
	gchar *last = to;
	*--to = '"';
	for (const gchar *p = end; p > start;) {
		*--to = *--p;
		if (*p == '"')
			*--to = '"';
	}
	*--to = '"';
	return last;
}

/*
 * @at: VMFC_CELL_ROOM() bytes
 *
 * Returns: the end of what was written
 */
gchar *
vmfc_cell_write_csv(const VmfcTableCell *cell, gchar *at)
{
	switch ((VmfcCellKind)cell->kind) {
	case VMFC_CELL_MISSING:
		return at;
	case VMFC_CELL_NUMBER:
	case VMFC_CELL_TRUTH:
		memcpy(at, cell->text, cell->length);
		return at + cell->length;
	case VMFC_CELL_LIST:
		return quote_csv(at, write_csv_list(cell, at));
	case VMFC_CELL_PLAIN:
	case VMFC_CELL_TEXT:
		break;
	}
	return quote_csv(at, write_plain(cell, at));
}

/* Appends a text as a cell of CSV. */
void
vmfc_cell_append_csv(GString *text, const gchar *value)
{
	const VmfcTableCell cell = {
		.text = value, .length = (guint32)strlen(value), .kind = VMFC_CELL_TEXT};
	gsize start = text->len;

	g_string_set_size(text, start + VMFC_CELL_ROOM(cell.length));
	const gchar *end = vmfc_cell_write_csv(&cell, text->str + start);
	g_string_truncate(text, (gsize)(end - text->str));
}
