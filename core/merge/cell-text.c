/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "merge/cell-text.h"

#include <string.h>

/* The character behind a backslash. @at: at it; moved behind what belongs to it */
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

/* As take_escape(), with both halves of a surrogate pair (RFC 8259, 7). */
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

/* Writes what the text means, without quotes and escapes. Returns: behind it */
static gchar *
write_plain(const VmfcTableCell *cell, gchar *at)
{
	const gchar *p = cell->text;
	const gchar *end = p + cell->length;

	if (!cell->is_escaped) {
		memcpy(at, p, cell->length);
		return at + cell->length;
	}
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

/* Returns: (transfer full): what the cell says, without quotes and escapes; "" where it is missing
 */
gchar *
vmfc_cell_get_text(const VmfcTableCell *cell)
{
	gchar *text = g_malloc(VMFC_CELL_ROOM(cell->length));

	if (cell->kind == VMFC_CELL_MISSING)
		text[0] = '\0';
	else
		*write_plain(cell, text) = '\0';
	return text;
}

/* ------------------------------------------------------------- writing */

/* Bytes that are no UTF-8 are replaced. */
static gchar *
write_json_string(const gchar *text, gsize length, gchar *at)
{
	static const gchar digits[] = "0123456789abcdef";
	g_autofree gchar *valid = NULL;

	if (!g_utf8_validate_len(text, length, NULL)) {
		valid = g_utf8_make_valid(text, (gssize)length);
		text = valid;
		length = strlen(valid);
	}
	*at++ = '"';
	for (gsize i = 0; i < length; i++) {
		/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): of write_plain() */
		guchar c = (guchar)text[i];
		if (c < 0x20) {
			at = stpcpy(at, "\\u00");
			*at++ = digits[c >> 4];
			*at++ = digits[c & 15];
			continue;
		}
		if (c == '"' || c == '\\')
			*at++ = '\\';
		*at++ = (gchar)c;
	}
	*at++ = '"';
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
		at = write_json_string(text, (gsize)((next != NULL ? next : end) - text), at);
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
 * @is_list: whether a plain text stands for a list, its parts separated by semicolons
 * @at: VMFC_CELL_ROOM() bytes
 *
 * Returns: behind what was written
 */
gchar *
vmfc_cell_write_json(const VmfcTableCell *cell, gboolean is_list, gchar *at)
{
	switch ((VmfcCellKind)cell->kind) {
	case VMFC_CELL_MISSING:
		return stpcpy(at, "null");
	case VMFC_CELL_NUMBER:
	case VMFC_CELL_LIST:
		memcpy(at, cell->text, cell->length);
		return at + cell->length;
	case VMFC_CELL_TRUTH:
		for (guint i = 0; i < cell->length; i++)
			*at++ = g_ascii_tolower(cell->text[i]);
		return at;
	case VMFC_CELL_PLAIN:
	case VMFC_CELL_TEXT:
		break;
	}
	if (cell->is_json) {
		memcpy(at, cell->text - 1, (gsize)cell->length + 2);
		return at + cell->length + 2;
	}
	if (!cell->is_escaped && !is_list)
		return write_json_string(cell->text, cell->length, at);
	g_autofree gchar *plain = vmfc_cell_get_text(cell);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): g_autofree frees it */
	at = is_list ? write_json_list(plain, strlen(plain), at)
		     : write_json_string(plain, strlen(plain), at);
	return at;
}

/* ["a", "b"] as a;b */
static gchar *
write_csv_list(const VmfcTableCell *cell, gchar *at)
{
	gboolean inside = FALSE;

	for (guint i = 1; i + 1 < cell->length; i++) {
		gchar c = cell->text[i];
		if (c == '"')
			inside = !inside;
		else if (inside)
			*at++ = c;
		else if (c == ',')
			*at++ = ';';
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
	gchar *behind = to;
	*--to = '"';
	for (const gchar *p = end; p > start;) {
		*--to = *--p;
		if (*p == '"')
			*--to = '"';
	}
	*--to = '"';
	return behind;
}

/*
 * @at: VMFC_CELL_ROOM() bytes
 *
 * Returns: behind what was written
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
