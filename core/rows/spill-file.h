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
} VmfcSpillFile;

VmfcSpillFile *
vmfc_spill_file_new(const gchar *output, GError **error);
void
vmfc_spill_file_free(VmfcSpillFile *aside);
gboolean
vmfc_spill_file_put(VmfcSpillFile *aside, const gchar *text, gsize length, goffset *at,
		    GError **error);
gboolean
vmfc_spill_file_get(const VmfcSpillFile *aside, goffset at, gchar *text, gsize length,
		    GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcSpillFile, vmfc_spill_file_free)
