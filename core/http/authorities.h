/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <gio/gio.h>

#define VMFC_NO_TLS "https is not available here: install the package glib-networking"

/* The certificate authorities of a file, which https trusts instead of the system's. */
typedef struct {
	GTlsDatabase *database; /* NULL: the system's */
	gint fd;		/* of the file; GLib reads it again at each handshake */
} VmfcAuthorities;

gboolean
vmfc_authorities_read(VmfcAuthorities *authorities, const gchar *path, GError **error);
void
vmfc_authorities_clear(VmfcAuthorities *authorities);
