/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "listen-address.h"

#include <string.h>
#include <sys/un.h>

#include "base/number-text.h"
#include "negotiate.h"
#include "vmfc/vmfc-plugin.h"

#define LOCALHOST "localhost"

static gboolean
set_error(const gchar *text, GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "prometheus.listen is '%s', but must be localhost:PORT, an address in numbers "
		    "with a port such as 0.0.0.0:28284 or [::]:28284, or the path of a Unix socket "
		    "that begins with / or ./",
		    text);
	return FALSE;
}

static gboolean
parse_port(const gchar *text, guint16 *port)
{
	gint64 number;

	if (!vmfc_number_text_parse_int(text, &number) || number < 0 || number > G_MAXUINT16)
		return FALSE;
	*port = (guint16)number;
	return TRUE;
}

static gboolean
parse_path(ListenAddress *listen, const gchar *text, GError **error)
{
	struct sockaddr_un address;

	if (strlen(text) < sizeof(address.sun_path)) {
		listen->path = g_strdup(text);
		return TRUE;
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "prometheus.listen: the path %s is longer than the %zu bytes that the kernel "
		    "allows for a Unix socket: choose a shorter one",
		    text, sizeof(address.sun_path) - 1);
	return FALSE;
}

static void
add(ListenAddress *listen, const gchar *host, guint16 port)
{
	g_ptr_array_add(listen->addresses, g_inet_socket_address_new_from_string(host, port));
}

/* Returns: (transfer full): the address without its port and brackets; %NULL: malformed */
static gchar *
split(const gchar *text, guint16 *port)
{
	const gchar *colon = strrchr(text, ':');

	if (colon == NULL)
		return parse_port(text, port) ? g_strdup(LOCALHOST) : NULL;
	if (!parse_port(colon + 1, port))
		return NULL;
	if (text[0] == '[')
		return colon[-1] == ']' ? g_strndup(text + 1, (gsize)(colon - text) - 2) : NULL;
	if (memchr(text, ':', (gsize)(colon - text)) != NULL)
		return NULL; /* an IPv6 address without brackets: where it ends is a guess */
	return colon > text ? g_strndup(text, (gsize)(colon - text)) : g_strdup(LOCALHOST);
}

/* Names are not resolved: what a name means can change, and who reaches the server with it. */
gboolean
listen_address_parse(ListenAddress *listen, const gchar *text, GError **error)
{
	guint16 port = 0;

	*listen = (ListenAddress){.addresses = g_ptr_array_new_with_free_func(g_object_unref)};
	if (text[0] == '\0')
		return TRUE;
	if (text[0] == '/' || g_str_has_prefix(text, "./"))
		return parse_path(listen, text, error);
	g_autofree gchar *host = split(text, &port);
	if (host == NULL)
		return set_error(text, error);
	if (g_str_equal(host, LOCALHOST)) {
		add(listen, "127.0.0.1", port);
		add(listen, "::1", port);
		listen->is_loopback = TRUE;
		return TRUE;
	}
	g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
	if (address == NULL)
		return set_error(text, error);
	g_ptr_array_add(listen->addresses, g_inet_socket_address_new(address, port));
	listen->is_loopback = negotiate_is_loopback(address);
	return TRUE;
}

void
listen_address_clear(ListenAddress *listen)
{
	g_clear_pointer(&listen->path, g_free);
	g_clear_pointer(&listen->addresses, g_ptr_array_unref);
}
