/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <gio/gio.h>

/* Where the server listens, as `prometheus.listen` gives it. */
typedef struct {
	gchar *path;	      /* of a Unix socket; NULL: addresses */
	GPtrArray *addresses; /* of GInetSocketAddress; empty: the server is disabled */
	gboolean is_loopback; /* only programs of this machine reach it */
} ListenAddress;

gboolean
listen_address_parse(ListenAddress *listen, const gchar *text, GError **error);
void
listen_address_clear(ListenAddress *listen);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ListenAddress, listen_address_clear)
