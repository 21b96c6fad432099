/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "output/run-files.h"

/*
 * A file that is written from start to end and has no name before it is whole: who is killed
 * meanwhile leaves nothing behind. What it is to be called may be taken until then: what is there
 * keeps its content under a free numbered name.
 */
typedef struct {
	gchar *path;
	gchar *extension;
	gchar *temporary; /* NULL where the file system knows of files without a name */
	gint fd;
	gchar *buffer;
	gsize size;
	gsize length;
	goffset written;
} VmfcAtomicFile;

VmfcAtomicFile *
vmfc_atomic_file_new(VmfcRunFiles *set, const gchar *extension, GError **error);
void
vmfc_atomic_file_free(VmfcAtomicFile *draft);
gchar *
vmfc_atomic_file_reserve(VmfcAtomicFile *draft, gsize room, GError **error);
gboolean
vmfc_atomic_file_add(VmfcAtomicFile *draft, const gchar *text, GError **error);
gboolean
vmfc_atomic_file_flush(VmfcAtomicFile *draft, GError **error);
gboolean
vmfc_atomic_file_settle(VmfcAtomicFile *draft, GError **error);
gboolean
vmfc_atomic_file_publish(VmfcAtomicFile *draft, VmfcRunFiles *set, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcAtomicFile, vmfc_atomic_file_free)

/* What was written into the room that was reserved. @end: behind it */
static inline void
vmfc_atomic_file_commit(VmfcAtomicFile *draft, const gchar *end)
{
	draft->length = (gsize)(end - draft->buffer);
}
