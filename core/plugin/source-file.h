/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/*
 * The text files below the root prefix that samplers read. Each is opened once and read at most
 * once per tick, whoever asks: samplers that look at the same file see the same instant, and the
 * kernel makes its text once.
 */
typedef struct _VmfcFiles VmfcFiles;

VmfcFiles *
vmfc_files_new(const gchar *root);
void
vmfc_files_free(VmfcFiles *files);
gchar *
vmfc_files_build_path(VmfcFiles *files, const gchar *path);
VmfcFile *
vmfc_files_open(VmfcFiles *files, const gchar *path, GError **error);
void
vmfc_files_next_tick(VmfcFiles *files);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcFiles, vmfc_files_free)
