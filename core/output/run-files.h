/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "output/stream.h"
#include "output/fsync.h"

/*
 * The files of a run: NAME.json, NAME.csv and so on, or one stream. Files of an earlier run are
 * kept as NAME.N.json and so on, all with the same N. If a run is divided into parts, they and the
 * files of an earlier run are NAME.0001.json, NAME.0002.json and so on.
 */
typedef struct _VmfcRunFiles VmfcRunFiles;

VmfcRunFiles *
vmfc_run_files_new(const gchar *path, const gchar *const *extensions, gint64 sync_interval);
void
vmfc_run_files_add_extension(VmfcRunFiles *set, const gchar *extension);
const gchar *const *
vmfc_run_files_get_extensions(const VmfcRunFiles *set);
void
vmfc_run_files_free(VmfcRunFiles *set);
void
vmfc_run_files_divide(VmfcRunFiles *set, guint n_kept);
void
vmfc_run_files_put_meta(VmfcRunFiles *set, const gchar *path);
gboolean
vmfc_run_files_open_stream(VmfcRunFiles *set, const gchar *path, GError **error);
void
vmfc_run_files_leave_empty(VmfcRunFiles *set);
VmfcStream *
vmfc_run_files_get_stream(VmfcRunFiles *set);

gchar *
vmfc_run_files_build_path(VmfcRunFiles *set, const gchar *extension);
gboolean
vmfc_run_files_hold(VmfcRunFiles *set, GError **error);
void
vmfc_run_files_release(VmfcRunFiles *set);
gboolean
vmfc_run_files_keep_run(VmfcRunFiles *set, GError **error);
gboolean
vmfc_run_files_keep_old(VmfcRunFiles *set, const gchar *extension, GError **error);
gboolean
vmfc_run_files_end_part(VmfcRunFiles *set, const gchar *meta, GError **error);
VmfcFsync *
vmfc_run_files_get_sync(VmfcRunFiles *set);
void
vmfc_run_files_add_path(VmfcRunFiles *set, const gchar *path);
GPtrArray *
vmfc_run_files_get_paths(VmfcRunFiles *set);

gboolean
vmfc_run_files_write_meta(VmfcRunFiles *set, const gchar *text, GError **error);
const gchar *
vmfc_run_files_get_meta(VmfcRunFiles *set);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcRunFiles, vmfc_run_files_free)
