/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/*
 * The text files below the root prefix that samplers read. Each is opened once and read at most
 * once per tick. So samplers that share a file see the same instant, and the kernel makes its text
 * once.
 */
typedef struct _VmfcFiles VmfcSourceFiles;

VmfcSourceFiles *
vmfc_source_files_new(const gchar *root);
void
vmfc_source_files_free(VmfcSourceFiles *files);
gchar *
vmfc_source_files_build_path(VmfcSourceFiles *files, const gchar *path);
VmfcFile *
vmfc_source_files_open(VmfcSourceFiles *files, const gchar *path, GError **error);
void
vmfc_source_files_next_tick(VmfcSourceFiles *files);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcSourceFiles, vmfc_source_files_free)
