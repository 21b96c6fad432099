/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/pull/arguments.h"

/* The folder of a pull. A file in it says what was asked for, so that two pulls do not mix. */

/* What decides about the files, as texts. */
typedef enum {
	VMFC_PULL_URL,
	VMFC_PULL_MATCH,
	VMFC_PULL_START,
	VMFC_PULL_END,
	VMFC_PULL_N_TEXTS,
} VmfcPullText;

typedef struct {
	gchar *path;
	gint lock; /* the folder, locked; -1: not open */
	gchar *texts[VMFC_PULL_N_TEXTS];
} VmfcPullFolder;

gboolean
vmfc_pull_folder_open(VmfcPullFolder *folder, const VmfcPullArguments *arguments, const gchar *url,
		      GError **error);
gboolean
vmfc_pull_folder_begin(const VmfcPullFolder *folder, GError **error);
void
vmfc_pull_folder_clear(VmfcPullFolder *folder);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcPullFolder, vmfc_pull_folder_clear)
