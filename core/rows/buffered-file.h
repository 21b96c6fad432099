/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* A longer row is not a row of features or power. */
#define VMFC_MAX_ROW_SIZE (4 * 1024 * 1024)

/*
 * A file that is read from start to end in bounded memory. The text between start and end is
 * unused. A NUL follows it, so that strtod(3) can read a number at the end.
 */
typedef struct {
	gchar *path;
	gint fd;
	gchar *buffer;
	gsize size;
	gsize start;
	gsize end;
	gboolean is_at_end; /* of the file */
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
