/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <gio/gio.h>
#include "metrics/exposition.h"

/* What a request may have, by its headers. */

gboolean
negotiate_is_loopback(GInetAddress *address);
gboolean
negotiate_is_local_host(const gchar *host);
VmfcExposition
negotiate_format(const gchar *accept);
gboolean
negotiate_gzip(const gchar *accept_encoding);
