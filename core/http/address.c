/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "http/address.h"

#include <string.h>

#include "vmfc/vmfc-plugin.h"

/* GLib takes the text after the first @ for the host, but a password can contain more of them. */
static gboolean
is_usable(GUri *uri)
{
	const gchar *scheme = g_uri_get_scheme(uri);
	const gchar *host = g_uri_get_host(uri);

	return host != NULL && host[0] != '\0' && strchr(host, '@') == NULL &&
	       (g_str_equal(scheme, "http") || g_str_equal(scheme, "https"));
}

/*
 * An invalid address may contain a password at any place before its last @, and a key in its query.
 */
static gchar *
hide_secrets(const gchar *url)
{
	const gchar *rest = strpbrk(url, "?#");

	/* in a password these characters end no address */
	if (rest != NULL && strchr(rest, '@') != NULL)
		return g_strdup("***");
	g_autofree gchar *begin = rest != NULL ? g_strndup(url, (gsize)(rest - url))
					       : g_strdup(url);
	const gchar *end = strrchr(begin, '@');
	return end != NULL ? g_strconcat("***", end, NULL) : g_steal_pointer(&begin);
}

/*
 * @option: which option the user gave it with, for the error
 * @example: a valid address, for the error
 *
 * Returns: (transfer full): an address of http or https; %NULL with @error set
 */
GUri *
vmfc_address_parse(const gchar *url, const gchar *option, const gchar *example, GError **error)
{
	g_autoptr(GUri) uri = g_uri_parse(url, VMFC_ADDRESS_FLAGS, NULL);

	if (uri != NULL && is_usable(uri))
		return g_steal_pointer(&uri);
	g_autofree gchar *shown = hide_secrets(url);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "%s is '%s', but must be an address such as %s%s", option, shown, example,
		    strchr(url, '@') != NULL
			    ? "; in a password write %40 for @, %2F for / and %23 for #"
			    : "");
	return NULL;
}

/*
 * Returns: (transfer full): for messages and files: without a password, and without the query,
 * which often has a key
 */
gchar *
vmfc_address_show(GUri *address)
{
	return g_uri_to_string_partial(address, G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY |
							G_URI_HIDE_FRAGMENT);
}

/* Appends what tells a secret part from others. @part: (nullable): %NULL: there is none */
static void
append_digest(GString *text, const gchar *what, const gchar *part)
{
	if (part == NULL)
		return;
	g_autofree gchar *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, part, -1);
	g_string_append_printf(text, " with %s %.16s", what, digest);
}

/*
 * Returns: (transfer full): what tells this address from others, without secrets: as shown, and a
 * digest of the user and of the query, which can be a tenant of the server
 */
gchar *
vmfc_address_identify(GUri *address)
{
	g_autofree gchar *shown = vmfc_address_show(address);
	GString *text = g_string_new(shown);

	append_digest(text, "user", g_uri_get_user(address));
	append_digest(text, "query", g_uri_get_query(address));
	return g_string_free(text, FALSE);
}
