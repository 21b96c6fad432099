/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "connection.h"

static gint
get_port(GUri *uri, gboolean is_tls)
{
	gint port = g_uri_get_port(uri);
	return port > 0 ? port : is_tls ? 443 : 80;
}

static gboolean
wants_tls(GUri *uri)
{
	return g_str_equal(g_uri_get_scheme(uri), "https");
}

/* @authorities: (nullable): must outlive it, as must @cancellable */
void
kepler_connection_init(KeplerConnection *connection, GTlsDatabase *authorities,
		       GCancellable *cancellable)
{
	*connection = (KeplerConnection){.authorities = authorities, .cancellable = cancellable};
}

void
kepler_connection_close(KeplerConnection *connection)
{
	g_clear_object(&connection->stream);
	g_clear_pointer(&connection->host, g_free);
}

/*
 * Whether the connection can serve a request. If it is readable without a request, the server has
 * closed it or sent too much.
 */
gboolean
kepler_connection_is_open_to(KeplerConnection *connection, GUri *uri)
{
	g_autoptr(GError) error = NULL;
	gboolean is_tls = wants_tls(uri);
	gchar byte;

	if (connection->stream == NULL || is_tls != connection->is_tls ||
	    get_port(uri, is_tls) != connection->port ||
	    !g_str_equal(g_uri_get_host(uri), connection->host))
		return FALSE;
	GPollableInputStream *input = G_POLLABLE_INPUT_STREAM(
		g_io_stream_get_input_stream(connection->stream));
	g_pollable_input_stream_read_nonblocking(input, &byte, 1, NULL, &error);
	return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

static gboolean
begin_tls(KeplerConnection *self, GSocketConnectable *server, GError **error)
{
	g_autoptr(GIOStream) secure = g_tls_client_connection_new(self->stream, server, error);

	if (secure == NULL)
		return FALSE;
	if (self->authorities != NULL)
		g_tls_connection_set_database(G_TLS_CONNECTION(secure), self->authorities);
	if (!g_tls_connection_handshake(G_TLS_CONNECTION(secure), self->cancellable, error))
		return FALSE;
	g_object_unref(self->stream);
	self->stream = g_steal_pointer(&secure);
	return TRUE;
}

/* Without a proxy: the exporter runs in this machine. */
gboolean
kepler_connection_open(KeplerConnection *connection, GUri *uri, GError **error)
{
	gboolean is_tls = wants_tls(uri);
	gint port = get_port(uri, is_tls);
	g_autoptr(GSocketConnectable) server = g_network_address_new(g_uri_get_host(uri),
								     (guint16)port);
	g_autoptr(GSocketClient) client = g_socket_client_new();

	kepler_connection_close(connection);
	g_socket_client_set_enable_proxy(client, FALSE);
	connection->stream = G_IO_STREAM(
		g_socket_client_connect(client, server, connection->cancellable, error));
	if (connection->stream == NULL)
		return FALSE;
	connection->host = g_strdup(g_uri_get_host(uri));
	connection->port = port;
	connection->is_tls = is_tls;
	if (!is_tls || begin_tls(connection, server, error))
		return TRUE;
	kepler_connection_close(connection);
	return FALSE;
}

gboolean
kepler_connection_send(KeplerConnection *connection, const GString *request, GError **error)
{
	return g_output_stream_write_all(g_io_stream_get_output_stream(connection->stream),
					 request->str, request->len, NULL, connection->cancellable,
					 error);
}

/* Returns: the number of bytes; 0: the server has closed the connection; -1 with @error set */
gssize
kepler_connection_read(KeplerConnection *connection, gchar *buffer, gsize size, GError **error)
{
	return g_input_stream_read(g_io_stream_get_input_stream(connection->stream), buffer, size,
				   connection->cancellable, error);
}
