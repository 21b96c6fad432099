/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <gio/gio.h>

/* The path of a Unix socket, for as long as this vmfc has it. */
typedef struct _SocketPath SocketPath;

SocketPath *
socket_path_take(const gchar *path, GSocket **listening, GError **error);
void
socket_path_give_back(SocketPath *self);
