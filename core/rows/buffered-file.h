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
} VmfcSource;

VmfcSource *
vmfc_source_open(const gchar *path, GError **error);
VmfcSource *
vmfc_source_new_for_text(const gchar *text, gsize length, gsize size);
void
vmfc_source_free(VmfcSource *source);
gboolean
vmfc_source_fill(VmfcSource *source, GError **error);
goffset
vmfc_source_tell(const VmfcSource *source);
void
vmfc_source_release(VmfcSource *source);
goffset
vmfc_source_find_offset(const VmfcSource *source, const gchar *at);
guint64
vmfc_source_find_line(const VmfcSource *source, const gchar *at);
gboolean
vmfc_source_seek(VmfcSource *source, goffset at, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcSource, vmfc_source_free)
