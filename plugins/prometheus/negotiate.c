/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "negotiate.h"

#include <libsoup/soup.h>
#include <string.h>

/* A scraper sends a shorter list; a longer one is ignored. */
#define MAX_HEADER 4096

/* Returns: whether only programs of this machine reach the address */
gboolean
negotiate_is_loopback(GInetAddress *address)
{
	/* an IPv4 address in IPv6, see RFC 4291, 2.5.5.2; of 127.0.0.0/8 */
	static const guint8 mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};

	return g_inet_address_get_is_loopback(address) ||
	       (g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6 &&
		memcmp(g_inet_address_to_bytes(address), mapped, sizeof(mapped)) == 0);
}

static gboolean
names_loopback(const gchar *text, gsize length)
{
	g_autofree gchar *name = g_strndup(text, length);
	g_autoptr(GInetAddress) address = g_inet_address_new_from_string(name);

	return address != NULL && negotiate_is_loopback(address);
}

/*
 * A page of another site can make a browser of this machine connect to this server under a name of
 * that site (DNS rebinding). The browser then sends that name. An address in numbers cannot lead to
 * another machine.
 *
 * @host: the header Host: a name or an address, perhaps with a port
 */
gboolean
negotiate_is_local_host(const gchar *host)
{
	static const gchar localhost[] = "localhost";
	gboolean is_ipv6 = host[0] == '[';
	const gchar *name = is_ipv6 ? host + 1 : host;
	gsize length = strcspn(name, is_ipv6 ? "]" : ":");
	const gchar *end = name + length;

	if (is_ipv6 && *end != ']')
		return FALSE;
	end += is_ipv6 ? 1 : 0;
	if (*end == ':')
		end += 1 + strspn(end + 1, "0123456789");
	if (*end != '\0')
		return FALSE;
	if (!is_ipv6 && length == strlen(localhost) &&
	    g_ascii_strncasecmp(name, localhost, length) == 0)
		return TRUE;
	return names_loopback(name, length);
}

/* @item: one of the header Accept, without its quality. Returns: whether it names a format */
static gboolean
names_format(const gchar *item, VmfcExposition *format)
{
	g_autoptr(GHashTable) parameters = soup_header_parse_semi_param_list(item);
	g_autofree gchar *type = g_ascii_strdown(item, (gssize)strcspn(item, "; \t"));
	const gchar *version = g_hash_table_lookup(parameters, "version");

	*format = VMFC_EXPOSITION_TEXT;
	if (g_str_equal(type, "application/openmetrics-text")) {
		*format = VMFC_EXPOSITION_OPENMETRICS;
		return version == NULL || g_str_equal(version, "1.0.0");
	}
	if (g_str_equal(type, "text/plain"))
		return version == NULL || g_str_equal(version, "0.0.4");
	return g_str_equal(type, "*/*") || g_str_equal(type, "text/*");
}

/*
 * The format that the header Accept prefers; the older one, which every reader knows, if it prefers
 * none of the two.
 *
 * @accept: (nullable):
 */
VmfcExposition
negotiate_format(const gchar *accept)
{
	VmfcExposition format = VMFC_EXPOSITION_TEXT;
	gboolean found = FALSE;

	if (accept == NULL || strlen(accept) > MAX_HEADER)
		return format;
	GSList *items = soup_header_parse_quality_list(accept, NULL);
	for (GSList *item = items; item != NULL && !found; item = item->next)
		found = names_format(item->data, &format);
	soup_header_free_list(items);
	return found ? format : VMFC_EXPOSITION_TEXT;
}

/* @accept_encoding: (nullable): */
gboolean
negotiate_gzip(const gchar *accept_encoding)
{
	gboolean found = FALSE;

	if (accept_encoding == NULL || strlen(accept_encoding) > MAX_HEADER)
		return FALSE;
	GSList *items = soup_header_parse_quality_list(accept_encoding, NULL);
	for (GSList *item = items; item != NULL && !found; item = item->next)
		found = g_ascii_strcasecmp(item->data, "gzip") == 0;
	soup_header_free_list(items);
	return found;
}
