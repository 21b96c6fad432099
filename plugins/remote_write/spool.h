/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "frame.h"

/*
 * Frames in files, so that they outlive the process. Files are written one after the other and
 * removed when all of their frames are sent. Its user guards it.
 */
typedef struct _Spool Spool;

/* Descriptors, not those of the spool, of what has changed since it was synced. */
typedef struct {
	GArray *files; /* of gint */
	gint folder;   /* -1: it has not changed */
	gint failure;  /* an errno: a descriptor is missing */
} SpoolUnsynced;

Spool *
spool_open(const gchar *path, const gchar *receiver, guint64 limit, GError **error);
void
spool_close(Spool *spool);
const gchar *
spool_get_path(const Spool *spool);
const Amount *
spool_get_waiting(const Spool *spool);
const Amount *
spool_get_damaged(const Spool *spool);
void
spool_forget_damaged(Spool *spool);
gboolean
spool_append(Spool *spool, const Frame *frame, Amount *dropped, GError **error);
Frame *
spool_take(Spool *spool);
gboolean
spool_has(const Spool *spool, const Frame *frame);
void
spool_mark_tried(Spool *spool, const Frame *last);
void
spool_unmark_tried(Spool *spool);
void
spool_ack(Spool *spool, const Frame *last);
gboolean
spool_is_synced(const Spool *spool);
void
spool_take_unsynced(Spool *spool, SpoolUnsynced *unsynced);
