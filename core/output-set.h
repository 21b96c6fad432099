/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "context.h"
#include "sync.h"

/*
 * The files of one run: NAME.json, NAME.csv and so on. Files of an earlier run are kept as
 * NAME.N.json and so on, with one N for all of them.
 */
VmfcOutputSet *
vmfc_output_set_new(const gchar *path, gint64 sync_interval);
void
vmfc_output_set_free(VmfcOutputSet *set);
gchar *
vmfc_output_set_build_path(VmfcOutputSet *set, const gchar *extension);
gboolean
vmfc_output_set_keep_run(VmfcOutputSet *set, GError **error);
gboolean
vmfc_output_set_keep_old(VmfcOutputSet *set, const gchar *extension, GError **error);
gboolean
vmfc_output_set_replace(VmfcOutputSet *set, const gchar *extension, const gchar *text,
			GError **error);
VmfcSync *
vmfc_output_set_get_sync(VmfcOutputSet *set);
GPtrArray *
vmfc_output_set_get_paths(VmfcOutputSet *set);

gboolean
vmfc_output_rename(const gchar *from, const gchar *to);
gint
vmfc_output_write_all(gint fd, const gchar *text, gsize length, goffset at);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcOutputSet, vmfc_output_set_free)
