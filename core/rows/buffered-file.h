/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* A row that is longer is no row of features or power. */
#define VMFC_LONGEST_ROW (4 * 1024 * 1024)

/*
 * A file that is read from start to end in bounded memory. What is between start and end has not
 * been used yet; a NUL stands behind it, so that a number at the very end can be read.
 */
typedef struct {
	gchar *path;
	gint fd;
	gchar *buffer;
	gsize size;
	gsize start;
	gsize end;
	gboolean is_at_end; /* of the file: there is no more to come */
} VmfcBufferedFile;

VmfcBufferedFile *
vmfc_buffered_file_open(const gchar *path, GError **error);
VmfcBufferedFile *
vmfc_buffered_file_new_for_text(const gchar *text, gsize length, gsize size);
VmfcBufferedFile
vmfc_buffered_file_wrap(gchar *text, gsize length);
void
vmfc_buffered_file_free(VmfcBufferedFile *source);
gboolean
vmfc_buffered_file_fill(VmfcBufferedFile *source, GError **error);
void
vmfc_buffered_file_skip_mark(VmfcBufferedFile *source);
goffset
vmfc_buffered_file_tell(const VmfcBufferedFile *source);
void
vmfc_buffered_file_release(VmfcBufferedFile *source);
goffset
vmfc_buffered_file_find_offset(const VmfcBufferedFile *source, const gchar *at);
guint64
vmfc_buffered_file_find_line(const VmfcBufferedFile *source, const gchar *at);
gboolean
vmfc_buffered_file_seek(VmfcBufferedFile *source, goffset at, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcBufferedFile, vmfc_buffered_file_free)
