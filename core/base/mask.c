/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/mask.h"

#include <string.h>

#define MASK "***"

/*
 * What comes before the host of an address (RFC 3986, 3.2.1): a user's name with a password, or a
 * token alone, which services also take as the name of a user. Passwords are typed as they are,
 * with characters that an address does not allow, so that the last @ of a word ends them: rather
 * too much of an address is masked than too little.
 */
static const gchar *const patterns[] = {
	/* user@, user:password@, user:pass@word@, user:pass/word@; [::1]:port is a host */
	"://\\K"
	"(?!\\[[0-9A-Fa-f:.%]*\\](?::\\d*)?(?:[/?#\\s]|$))"
	"(?=[^/?#\\s]*[:@])\\S*@",
	/* user:pass word@; what follows the colon is no port */
	"://\\K(?!\\[)[^/?#\\s@]*:(?!\\d*(?:[/?#\\s]|$))[^@\\n]*@(?:\\S*@)?",
	/* without a scheme; the digest of an image (NAME:TAG@sha256:...) is no host */
	"[\\w.~%+-]+:(?!//)[^\\s/@]+(?:@[^\\s/@]+)*@(?!sha\\d+:)(?=[\\w\\[])",
	/* all of it percent-encoded, as in the query of another address */
	"%3A%2F%2F\\K(?:(?!%2F|%3F|%23|[&\\s]).)*%40",
};

/*
 * Hides what lets others in where a text holds an address with it: files and logs are shared.
 *
 * Returns: (transfer full): the same text with *** in its place
 */
gchar *
vmfc_mask(const gchar *text)
{
	g_autofree gchar *masked = g_strdup(text);

	if (strchr(text, '@') == NULL && strstr(text, "%40") == NULL)
		return g_steal_pointer(&masked);
	for (guint i = 0; i < G_N_ELEMENTS(patterns); i++) {
		/* raw: a text need not be UTF-8 */
		g_autoptr(GRegex) regex = g_regex_new(patterns[i], G_REGEX_RAW | G_REGEX_CASELESS,
						      0, NULL);
		gchar *next = g_regex_replace_literal(regex, masked, -1, 0, MASK "@", 0, NULL);
		/* a text that is too much for the search (pcre2limits(3)) is not shown */
		g_free(masked);
		masked = next != NULL ? next : g_strdup(MASK);
	}
	return g_steal_pointer(&masked);
}

static gboolean
hide_piece(const GMatchInfo *match, GString *result, gpointer user_data)
{
	const gchar *masked = user_data;
	g_autofree gchar *piece = g_match_info_fetch(match, 1);
	g_autofree gchar *shown = vmfc_mask(piece);

	g_string_append_printf(result, "'%s'", strstr(masked, shown) != NULL ? shown : MASK);
	return FALSE;
}

/*
 * Where @typed holds an address to be masked: hides what a message quotes of it that does not look
 * like an address any more, because it was cut at a comma or a colon.
 *
 * @error: (nullable):
 */
void
vmfc_mask_pieces(GError *error, const gchar *typed)
{
	g_autofree gchar *masked = vmfc_mask(typed);

	if (error == NULL || g_str_equal(masked, typed))
		return;
	/* where a quote is a part of it, all from the first to the last one */
	const gchar *pattern = strchr(typed, '\'') != NULL ? "'(.*)'" : "'([^']*)'";
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_RAW | G_REGEX_DOTALL, 0, NULL);
	g_autofree gchar *message = g_regex_replace_eval(regex, error->message, -1, 0, 0,
							 hide_piece, masked, NULL);
	g_free(error->message);
	error->message = g_strdup(message != NULL ? message : MASK);
}
