/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/context.h"
#include "output/stream.h"
#include "output/fsync.h"

/*
 * The files of one run: NAME.json, NAME.csv and so on, or one stream. Files of an earlier run are
 * kept as NAME.N.json and so on, with one N for all of them; where a run is divided into parts,
 * these and what an earlier run left are NAME.0001.json, NAME.0002.json and so on.
 */
VmfcOutputSet *
vmfc_output_set_new(const gchar *path, gint64 sync_interval);
void
vmfc_output_set_free(VmfcOutputSet *set);
void
vmfc_output_set_divide(VmfcOutputSet *set, guint n_kept);
void
vmfc_output_set_put_meta(VmfcOutputSet *set, const gchar *path);
gboolean
vmfc_output_set_open_stream(VmfcOutputSet *set, const gchar *path, GError **error);
VmfcStream *
vmfc_output_set_get_stream(VmfcOutputSet *set);

gchar *
vmfc_output_set_build_path(VmfcOutputSet *set, const gchar *extension);
gboolean
vmfc_output_set_hold(VmfcOutputSet *set, GError **error);
void
vmfc_output_set_release(VmfcOutputSet *set);
gboolean
vmfc_output_set_keep_run(VmfcOutputSet *set, GError **error);
gboolean
vmfc_output_set_keep_old(VmfcOutputSet *set, const gchar *extension, GError **error);
gboolean
vmfc_output_set_end_part(VmfcOutputSet *set, const gchar *meta, GError **error);
VmfcSync *
vmfc_output_set_get_sync(VmfcOutputSet *set);
void
vmfc_output_set_add_path(VmfcOutputSet *set, const gchar *path);
GPtrArray *
vmfc_output_set_get_paths(VmfcOutputSet *set);

gboolean
vmfc_output_set_write_meta(VmfcOutputSet *set, const gchar *text, GError **error);
const gchar *
vmfc_output_set_get_meta(VmfcOutputSet *set);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcOutputSet, vmfc_output_set_free)
