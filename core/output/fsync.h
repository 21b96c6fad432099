/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * Syncs the files of a run to the disk together, so that a power cut costs only the records since
 * the last sync. The kernel reports a failure once, so it is stored here until the user knows it.
 */
typedef struct _VmfcSync VmfcFsync;

VmfcFsync *
vmfc_fsync_new(gint64 interval);
void
vmfc_fsync_free(VmfcFsync *sync);
gboolean
vmfc_fsync_is_wanted(const VmfcFsync *sync);
void
vmfc_fsync_add(VmfcFsync *sync, gint fd, const gchar *path);
gint
vmfc_fsync_finish(VmfcFsync *sync, gint fd);
void
vmfc_fsync_now(VmfcFsync *sync);
gboolean
vmfc_fsync_is_due(const VmfcFsync *sync);
gboolean
vmfc_fsync_all(VmfcFsync *sync, GError **error);
gint
vmfc_fsync_file(gint fd);
