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

/* An invalid address may contain a password at any place before its last @. */
static gchar *
hide_user(const gchar *url)
{
	const gchar *end = strrchr(url, '@');
	return end != NULL ? g_strconcat("***", end, NULL) : g_strdup(url);
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
	g_autofree gchar *shown = hide_user(url);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "%s is '%s', but must be an address such as %s%s", option, shown, example,
		    strchr(url, '@') != NULL
			    ? "; in a password write %40 for @, %2F for / and %23 for #"
			    : "");
	return NULL;
}

/* Returns: (transfer full): without a password, for messages */
gchar *
vmfc_address_show(GUri *address)
{
	return g_uri_to_string_partial(address, G_URI_HIDE_USERINFO);
}
