/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "names.h"

#include <string.h>

#include "vmfc/vmfc-plugin.h"

static const gchar *
skip_blanks(const gchar *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/*
 * Reads a name in double quotes, in which commas may stand and a quote is written twice: as in CSV,
 * RFC 4180.
 *
 * Returns: the text after the quotes; %NULL: they do not end
 */
static const gchar *
take_quoted(const gchar *at, GString *name)
{
	for (at++; *at != '\0'; at++) {
		if (*at != '"') {
			g_string_append_c(name, *at);
		} else if (at[1] == '"') {
			g_string_append_c(name, '"');
			at++;
		} else {
			return skip_blanks(at + 1);
		}
	}
	return NULL;
}

static const gchar *
take_plain(const gchar *at, GString *name)
{
	gsize length = strcspn(at, ",");

	g_string_append_len(name, at, (gssize)length);
	g_strchomp(name->str);
	return at + length;
}

/* @any_quotes: (out): */
static gboolean
parse_list(GPtrArray *names, const gchar *list, gboolean *any_quotes, GError **error)
{
	const gchar *at = list;

	*any_quotes = FALSE;
	for (;;) {
		g_autoptr(GString) name = g_string_new(NULL);
		at = skip_blanks(at);
		gboolean is_quoted = *at == '"';
		*any_quotes |= is_quoted;
		at = is_quoted ? take_quoted(at, name) : take_plain(at, name);
		if (at == NULL || (*at != '\0' && *at != ',')) {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "--vm-names is '%s', but a name in double quotes must end with "
				    "a double quote, followed by a comma or nothing; write a "
				    "double quote in such a name twice",
				    list);
			return FALSE;
		}
		if (name->str[0] != '\0')
			g_ptr_array_add(names, g_strdup(name->str));
		if (*at == '\0')
			return TRUE;
		at++;
	}
}

/*
 * @list: separated by commas, may be empty
 * @pattern: with * and ?, may be empty
 *
 * Returns: %FALSE with @error set when @list is invalid; the names are then those of an empty list
 */
gboolean
names_init(Names *names, const gchar *list, const gchar *pattern, GError **error)
{
	gboolean any_quotes;

	*names = (Names){
		.names = g_ptr_array_new_with_free_func(g_free),
		.pattern = pattern[0] != '\0' ? g_pattern_spec_new(pattern) : NULL,
		.anything = list[0] == '\0' && pattern[0] == '\0',
	};
	if (!parse_list(names->names, list, &any_quotes, error))
		return FALSE;
	if (names->names->len > 1 && !any_quotes)
		names->whole = g_strstrip(g_strdup(list));
	return TRUE;
}

void
names_clear(Names *names)
{
	g_ptr_array_unref(names->names);
	g_free(names->whole);
	g_clear_pointer(&names->pattern, g_pattern_spec_free);
}

static gboolean
is_called(const gchar *wanted, const gchar *id, const gchar *name)
{
	return g_str_equal(wanted, name) || g_ascii_strcasecmp(wanted, id) == 0;
}

/* Names are case-sensitive, UUIDs are not. */
NamesMatch
names_match(const Names *names, const gchar *id, const gchar *name)
{
	if (names->whole != NULL && is_called(names->whole, id, name))
		return NAMES_WHOLE;
	for (guint i = 0; i < names->names->len; i++) {
		if (is_called(names->names->pdata[i], id, name))
			return NAMES_LISTED;
	}
	/* GLib reverses a text for some patterns, which works with UTF-8 only */
	if (names->pattern != NULL && g_utf8_validate(name, -1, NULL) &&
	    g_pattern_spec_match_string(names->pattern, name))
		return NAMES_MATCHED;
	return names->anything ? NAMES_MATCHED : NAMES_NONE;
}

static gboolean
is_printable(const gchar *name)
{
	if (!g_utf8_validate(name, -1, NULL))
		return FALSE;
	for (const gchar *at = name; *at != '\0'; at = g_utf8_next_char(at)) {
		if (!g_unichar_isprint(g_utf8_get_char(at)))
			return FALSE;
	}
	return TRUE;
}

/* Quotes the name as --vm-names takes it, without characters that move a cursor. */
void
names_append_shown(GString *list, const gchar *name)
{
	g_autofree gchar *shown = is_printable(name) ? g_strdup(name) : g_strescape(name, NULL);

	if (list->len > 0)
		g_string_append(list, ", ");
	/* quotes keep what a list would split or strip */
	if (shown[strcspn(shown, ", \t")] == '\0' && shown[0] != '"' && shown[0] != '\0') {
		g_string_append(list, shown);
		return;
	}
	g_string_append_c(list, '"');
	for (const gchar *at = shown; *at != '\0'; at++)
		g_string_append_printf(list, "%s%c", *at == '"' ? "\"" : "", *at);
	g_string_append_c(list, '"');
}
