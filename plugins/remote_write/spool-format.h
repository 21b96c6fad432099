/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "frame.h"

/*
 * A file of the spool: a mark of fixed size, and frames. Numbers are little-endian. A checksum is
 * CRC-32 (that of zlib).
 *
 * mark:  "VMFCSPL1", acked (8 bytes), tried (8), checksum of the 24 bytes before (4), 4 zeros
 * frame: "FRM1", length of the content (4), records (4), samples (4), checksum of the 16 bytes
 *        before and of the content (4), the content
 */
#define SPOOL_MARK_SIZE	  32
#define SPOOL_HEADER_SIZE 20
#define SPOOL_MAX_CONTENT (16 * 1024 * 1024)

/* How far a file was sent, as offsets. */
typedef struct {
	guint64 acked; /* before it the receiver has everything */
	guint64 tried; /* before it, it is unknown what the receiver has */
} SpoolMark;

typedef struct {
	guint32 length;
	Amount amount;
	guint32 checksum;
} SpoolHeader;

void
spool_mark_write(const SpoolMark *mark, guint8 bytes[SPOOL_MARK_SIZE]);
gboolean
spool_mark_read(SpoolMark *mark, const guint8 bytes[SPOOL_MARK_SIZE]);
void
spool_header_write(const Frame *frame, guint8 bytes[SPOOL_HEADER_SIZE]);
gboolean
spool_header_read(SpoolHeader *header, const guint8 *bytes, gsize length);
gboolean
spool_header_check(const SpoolHeader *header, const guint8 *bytes);
guint64
spool_frame_find(const guint8 *bytes, guint64 from, guint64 length);
