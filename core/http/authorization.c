/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "http/authorization.h"

#include <string.h>

#include "http/address.h"
#include "http/bearer-token.h"

/* RFC 7617 */
static gchar *
build_basic(GUri *address)
{
	const gchar *password = g_uri_get_password(address);
	g_autofree gchar *both = g_strdup_printf("%s:%s", g_uri_get_user(address),
						 password != NULL ? password : "");
	g_autofree gchar *encoded = g_base64_encode((const guchar *)both, strlen(both));

	return g_strdup_printf("Basic %s", encoded);
}

/*
 * Reads what a request needs to be let in: the token, which is read each time because tokens are
 * renewed, or else user and password of the address.
 *
 * @token_file: (nullable): %NULL or empty: none
 * @value: (out) (transfer full) (nullable): of the header Authorization; %NULL: there is no such
 * header
 *
 * Returns: %FALSE with @error set, which names the file
 */
gboolean
vmfc_authorization_read(GUri *address, const gchar *token_file, gchar **value, GError **error)
{
	*value = NULL;
	if (token_file != NULL && token_file[0] != '\0') {
		g_autofree gchar *token = vmfc_bearer_token_read(token_file, error);
		if (token == NULL)
			return FALSE;
		*value = g_strdup_printf("Bearer %s", token);
	} else if (g_uri_get_user(address) != NULL) {
		*value = build_basic(address);
	}
	return TRUE;
}

static gboolean
is_loopback(const gchar *host)
{
	g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);

	return g_str_equal(host, "localhost") ||
	       (address != NULL && g_inet_address_get_is_loopback(address));
}

/*
 * Warns if a token or password passes a network without encryption.
 *
 * @token_file: (nullable): %NULL or empty: none
 */
void
vmfc_authorization_warn_if_exposed(GUri *address, const gchar *token_file)
{
	g_autofree gchar *shown = vmfc_address_show(address);
	gboolean has_token = token_file != NULL && token_file[0] != '\0';

	if ((has_token || g_uri_get_user(address) != NULL) &&
	    g_str_equal(g_uri_get_scheme(address), "http") && !is_loopback(g_uri_get_host(address)))
		g_warning("%s: the token or password is sent without encryption, and everybody on "
			  "the way can read it: use https",
			  shown);
}
