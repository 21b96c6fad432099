/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/markup.h"

#include <math.h>

#define REPLACEMENT 0xFFFD
#define ELLIPSIS    0x2026

/*
 * Whether a character is invisible and changes how others appear: Unicode's general categories Cc,
 * Cf, Zl, Zp, and noncharacters, which XML does not have.
 */
static gboolean
is_harmful(gunichar character)
{
	switch (g_unichar_type(character)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_FORMAT:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
	case G_UNICODE_PRIVATE_USE:
	case G_UNICODE_SURROGATE:
	case G_UNICODE_UNASSIGNED:
		return TRUE;
	default:
		return (character & 0xFFFE) == 0xFFFE;
	}
}

/*
 * @text: any bytes
 * @max_length: in characters
 *
 * Returns: (transfer full): valid UTF-8 on one line, of at most so many characters
 */
gchar *
vmfc_markup_clean(const gchar *text, guint max_length)
{
	g_autofree gchar *valid = g_utf8_make_valid(text, -1);
	g_autoptr(GString) clean = g_string_new(NULL);
	guint n = 0;

	for (const gchar *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar character = g_utf8_get_char(p);
		if (character == '\n' || character == '\t' || character == '\r')
			character = ' ';
		if (++n == max_length && *g_utf8_next_char(p) != '\0') {
			g_string_append_unichar(clean, ELLIPSIS);
			break;
		}
		g_string_append_unichar(clean, is_harmful(character) ? REPLACEMENT : character);
	}
	return g_string_free(g_steal_pointer(&clean), FALSE);
}

static void
append_escaped(GString *markup, gchar character)
{
	switch (character) {
	case '&':
		g_string_append(markup, "&amp;");
		break;
	case '<':
		g_string_append(markup, "&lt;");
		break;
	case '>':
		g_string_append(markup, "&gt;");
		break;
	case '"':
		g_string_append(markup, "&quot;");
		break;
	case '\'':
		g_string_append(markup, "&#39;");
		break;
	default:
		g_string_append_c(markup, character);
	}
}

/* Appends a text, for an element or an attribute in double quotes. */
void
vmfc_markup_append_short(GString *markup, const gchar *text, guint max_length)
{
	g_autofree gchar *clean = vmfc_markup_clean(text, max_length);

	for (const gchar *p = clean; *p != '\0'; p++)
		append_escaped(markup, *p);
}

void
vmfc_markup_append(GString *markup, const gchar *text)
{
	vmfc_markup_append_short(markup, text, G_MAXUINT);
}

/* @n_digits: significant ones */
void
vmfc_markup_append_number(GString *markup, gdouble value, guint n_digits)
{
	gchar format[8];
	gchar number[G_ASCII_DTOSTR_BUF_SIZE];

	if (!isfinite(value)) {
		g_string_append(markup, "–");
		return;
	}
	g_snprintf(format, sizeof format, "%%.%ug", MIN(n_digits, 17));
	g_string_append(markup, g_ascii_formatd(number, sizeof number, format, value));
}
