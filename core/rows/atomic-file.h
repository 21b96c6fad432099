/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "output/run-files.h"

/*
 * A file that is written from start to end and gets its name when it is complete. If the process is
 * killed before that, no file remains. An existing file with that name is renamed to a free
 * numbered name.
 */
typedef struct {
	gchar *path;
	gchar *extension;
	gchar *temporary; /* NULL if the file system supports files without a name */
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

/* Adds what was written after vmfc_atomic_file_reserve(). @end: the end of it */
static inline void
vmfc_atomic_file_commit(VmfcAtomicFile *draft, const gchar *end)
{
	draft->length = (gsize)(end - draft->buffer);
}
