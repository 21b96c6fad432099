/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/*
 * A temporary file for data that is not needed now, so that many runs need the memory of one. It is
 * on the disk of the output, has no name and disappears with the process.
 */
typedef struct {
	gint fd;
	gchar *folder; /* of the file */
	goffset length;
} VmfcSpillFile;

VmfcSpillFile *
vmfc_spill_file_new(const gchar *output, GError **error);
void
vmfc_spill_file_free(VmfcSpillFile *spill);
gboolean
vmfc_spill_file_put(VmfcSpillFile *spill, const gchar *text, gsize length, goffset *at,
		    GError **error);
gboolean
vmfc_spill_file_get(const VmfcSpillFile *spill, goffset at, gchar *text, gsize length,
		    GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcSpillFile, vmfc_spill_file_free)
