/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <gio/gio.h>

/* A connection to a server for a sequence of requests, used by a thread that may block. */
typedef struct {
	GTlsDatabase *authorities; /* NULL: the system's */
	GCancellable *cancellable; /* ends each wait */

	/* of the open connection, if any */
	GIOStream *stream;
	gchar *host;
	gint port;
	gboolean is_tls;
} KeplerConnection;

void
kepler_connection_init(KeplerConnection *connection, GTlsDatabase *authorities,
		       GCancellable *cancellable);
void
kepler_connection_close(KeplerConnection *connection);
gboolean
kepler_connection_is_open_to(KeplerConnection *connection, GUri *uri);
gboolean
kepler_connection_open(KeplerConnection *connection, GUri *uri, GError **error);
gboolean
kepler_connection_send(KeplerConnection *connection, const GString *request, GError **error);
gssize
kepler_connection_read(KeplerConnection *connection, gchar *buffer, gsize size, GError **error);
