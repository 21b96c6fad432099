/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <libsoup/soup.h>

/*
 * The connections of the server: how many there are, and how long each may take. The server's
 * thread alone uses them.
 */
typedef struct _Connections Connections;

Connections *
connections_new(SoupServer *server, GMainContext *context);
void
connections_free(Connections *self);
void
connections_listen(Connections *self, GSocket *socket);
void
connections_begin_request(Connections *self, SoupServerMessage *message);
void
connections_refuse(Connections *self, SoupServerMessage *message);
