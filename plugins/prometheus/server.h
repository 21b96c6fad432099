/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "listen-address.h"
#include "pages.h"

/* The HTTP server, in a separate thread. */
typedef struct _Server Server;

Server *
server_start(const ListenAddress *listen, Pages *pages, GError **error);
void
server_stop(Server *self);
