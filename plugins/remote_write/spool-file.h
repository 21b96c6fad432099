/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "spool-format.h"

/* A spool makes no larger file, in bytes. */
#define SPOOL_MAX_FILE (8 * 1024 * 1024)

/* Damaged bytes between two frames. */
typedef struct {
	guint64 begin;
	guint64 end;
} SpoolGap;

/* One file of a spool. */
typedef struct {
	guint64 id;
	gint fd;
	guint64 size;	/* up to the end of the last whole frame */
	guint64 taken;	/* offset of the first frame that was not taken */
	SpoolMark mark; /* as in the file */
	guint64 tried;	/* of the mark, before the request that is being sent */
	Amount waiting; /* not taken */
	GArray *gaps;	/* of SpoolGap */
	gboolean is_unsynced;
	gboolean is_whole; /* when it was read: frames can follow the last one */
} SpoolFile;

SpoolFile *
spool_file_new(guint64 id);
void
spool_file_free(SpoolFile *file);
gboolean
spool_file_create(SpoolFile *file, gint folder);
gboolean
spool_file_load(SpoolFile *file, gint folder, Amount *damaged, guint64 *n_bytes);
gboolean
spool_file_write_mark(SpoolFile *file);
gboolean
spool_file_write_frame(SpoolFile *file, const Frame *frame, gsize size);
void
spool_file_forget_gaps(SpoolFile *file);
Frame *
spool_file_read_frame(SpoolFile *file);
