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
vmfc_fsync_if_due(VmfcFsync *sync, GError **error);
gint
vmfc_fsync_file(gint fd);
