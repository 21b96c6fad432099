/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/mask.h"

#include <string.h>

#define MASK "***"

/*
 * The user information before the host of a URL (RFC 3986, 3.2.1): a user name with a password, or
 * only a token, which some services accept as the user name. Users type passwords with characters
 * that a URL does not allow. So the last @ of a word ends the password: masking too much is safer
 * than masking too little.
 */
static const gchar *const patterns[] = {
	/* user@, user:password@, user:pass@word@, user:pass/word@; [::1]:port is a host */
	"://\\K"
	"(?!\\[[0-9A-Fa-f:.%]*\\](?::\\d*)?(?:[/?#\\s]|$))"
	"(?=[^/?#\\s]*[:@])\\S*@",
	/* user:pass word@; the part after the colon is not a port */
	"://\\K(?!\\[)[^/?#\\s@]*:(?!\\d*(?:[/?#\\s]|$))[^@\\n]*@(?:\\S*@)?",
	/* without a scheme; the digest of an image (NAME:TAG@sha256:...) is not a host */
	"[\\w.~%+-]+:(?!//)[^\\s/@]+(?:@[^\\s/@]+)*@(?!sha\\d+:)(?=[\\w\\[])",
	/* all of it percent-encoded, as in the query of another address */
	"%3A%2F%2F\\K(?:(?!%2F|%3F|%23|[&\\s]).)*%40",
};

/* The query of a URL often has a key, as it was typed: it ends with the word. */
#define QUERY "://[^\\s?#]*\\?\\K\\S+"

static gchar *
replace(const gchar *text, const gchar *pattern, const gchar *mask)
{
	/* raw: a text need not be UTF-8 */
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_RAW | G_REGEX_CASELESS, 0, NULL);
	g_autofree gchar *masked = g_regex_replace_literal(regex, text, -1, 0, mask, 0, NULL);

	/* if the search exceeds its limits (pcre2limits(3)), hide the whole text */
	return masked != NULL ? g_steal_pointer(&masked) : g_strdup(MASK);
}

/*
 * Masks credentials in the URLs of a text, because users share files and logs.
 *
 * Returns: (transfer full): the text with *** in place of credentials and queries
 */
gchar *
vmfc_mask(const gchar *text)
{
	g_autofree gchar *masked = g_strdup(text);
	gboolean has_user = strchr(text, '@') != NULL || strstr(text, "%40") != NULL;

	for (guint i = 0; has_user && i < G_N_ELEMENTS(patterns); i++) {
		gchar *next = replace(masked, patterns[i], MASK "@");
		g_free(masked);
		masked = next;
	}
	return strchr(text, '?') != NULL ? replace(masked, QUERY, MASK) : g_steal_pointer(&masked);
}

static gboolean
mask_piece(const GMatchInfo *match, GString *result, gpointer user_data)
{
	const gchar *masked = user_data;
	g_autofree gchar *piece = g_match_info_fetch(match, 1);
	g_autofree gchar *shown = vmfc_mask(piece);

	g_string_append_printf(result, "'%s'", strstr(masked, shown) != NULL ? shown : MASK);
	return FALSE;
}

/*
 * If @typed contains credentials: masks the pieces of it that a message quotes. A piece that was
 * cut at a comma or a colon no longer looks like a URL.
 *
 * @error: (nullable):
 */
void
vmfc_mask_pieces(GError *error, const gchar *typed)
{
	g_autofree gchar *masked = vmfc_mask(typed);

	if (error == NULL || g_str_equal(masked, typed))
		return;
	/* if @typed contains a quote, mask from the first quote of the message to the last */
	const gchar *pattern = strchr(typed, '\'') != NULL ? "'(.*)'" : "'([^']*)'";
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_RAW | G_REGEX_DOTALL, 0, NULL);
	g_autofree gchar *message = g_regex_replace_eval(regex, error->message, -1, 0, 0,
							 mask_piece, masked, NULL);
	g_free(error->message);
	error->message = g_strdup(message != NULL ? message : MASK);
}
