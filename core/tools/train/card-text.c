/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/card-text.h"

#include <math.h>
#include <string.h>

/* More of a name is not shown. */
#define MAX_LENGTH 120

/* Names are those of others: what means something in Markdown or HTML does not do so in the card.
 */
gchar *
vmfc_card_text_escape(const gchar *text)
{
	g_autofree gchar *valid = g_utf8_make_valid(text, -1);
	g_autoptr(GString) shown = g_string_new(NULL);
	glong length = 0;

	for (const gchar *at = valid; *at != '\0' && length < MAX_LENGTH;
	     at = g_utf8_next_char(at), length++) {
		gunichar c = g_utf8_get_char(at);
		if (strchr("\\`*[]<>|#&~", (gint)MIN(c, 127)) != NULL && c < 128)
			g_string_append_c(shown, '\\');
		g_string_append_unichar(shown, g_unichar_isprint(c) ? c : ' ');
	}
	if (length == MAX_LENGTH)
		g_string_append(shown, "...");
	return g_string_free(g_steal_pointer(&shown), FALSE);
}

/* A cell of a table. @form: how, for one gdouble; a missing one is a dash */
void
vmfc_card_text_add_number(GString *card, const gchar *form, gdouble value)
{
	gchar text[64];

	g_string_append(card, " ");
	g_string_append(card,
			isfinite(value) ? g_ascii_formatd(text, sizeof(text), form, value) : "–");
	g_string_append(card, " |");
}
