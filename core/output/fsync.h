/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * Brings the files of a run onto the disk together, so that a power cut costs no more than what was
 * written since then. The kernel tells of a failure once; here it is kept until somebody is told.
 */
typedef struct _VmfcSync VmfcSync;

VmfcSync *
vmfc_sync_new(gint64 interval);
void
vmfc_sync_free(VmfcSync *sync);
gboolean
vmfc_sync_is_wanted(const VmfcSync *sync);
void
vmfc_sync_add(VmfcSync *sync, gint fd, const gchar *path);
gint
vmfc_sync_finish(VmfcSync *sync, gint fd);
void
vmfc_sync_now(VmfcSync *sync);
gboolean
vmfc_sync_if_due(VmfcSync *sync, GError **error);
gint
vmfc_sync_file(gint fd);
