/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/*
 * Where texts wait that are not needed now, so that many runs take the memory of one: a file on the
 * disk of the output, which has no name and is gone with the process.
 */
typedef struct {
	gint fd;
	gchar *folder; /* of the file */
	goffset length;
} VmfcAside;

VmfcAside *
vmfc_aside_new(const gchar *output, GError **error);
void
vmfc_aside_free(VmfcAside *aside);
gboolean
vmfc_aside_put(VmfcAside *aside, const gchar *text, gsize length, goffset *at, GError **error);
gboolean
vmfc_aside_get(const VmfcAside *aside, goffset at, gchar *text, gsize length, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcAside, vmfc_aside_free)
