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
} VmfcDraft;

VmfcDraft *
vmfc_draft_new(VmfcOutputSet *set, const gchar *extension, GError **error);
void
vmfc_draft_free(VmfcDraft *draft);
gchar *
vmfc_draft_reserve(VmfcDraft *draft, gsize room, GError **error);
gboolean
vmfc_draft_add(VmfcDraft *draft, const gchar *text, GError **error);
gboolean
vmfc_draft_flush(VmfcDraft *draft, GError **error);
gboolean
vmfc_draft_settle(VmfcDraft *draft, GError **error);
gboolean
vmfc_draft_publish(VmfcDraft *draft, VmfcOutputSet *set, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcDraft, vmfc_draft_free)

/* What was written into the room that was reserved. @end: behind it */
static inline void
vmfc_draft_commit(VmfcDraft *draft, const gchar *end)
{
	draft->length = (gsize)(end - draft->buffer);
}
