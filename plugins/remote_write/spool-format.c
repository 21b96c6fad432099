/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "spool-format.h"

#include <string.h>
#include <zlib.h>

#define SUMMED (SPOOL_HEADER_SIZE - 4)
/* Places that look like a frame and are none, before the search ends: each costs a checksum. */
#define MAX_FALSE 64

static const gchar mark_word[] = {'V', 'M', 'F', 'C', 'S', 'P', 'L', '1'};
static const gchar frame_word[] = {'F', 'R', 'M', '1'};

static void
put_32(guint8 *bytes, guint32 value)
{
	value = GUINT32_TO_LE(value);
	memcpy(bytes, &value, sizeof(value));
}

static guint32
get_32(const guint8 *bytes)
{
	guint32 value;

	memcpy(&value, bytes, sizeof(value));
	return GUINT32_FROM_LE(value);
}

static void
put_64(guint8 *bytes, guint64 value)
{
	value = GUINT64_TO_LE(value);
	memcpy(bytes, &value, sizeof(value));
}

static guint64
get_64(const guint8 *bytes)
{
	guint64 value;

	memcpy(&value, bytes, sizeof(value));
	return GUINT64_FROM_LE(value);
}

void
spool_mark_write(const SpoolMark *mark, guint8 bytes[SPOOL_MARK_SIZE])
{
	memset(bytes, 0, SPOOL_MARK_SIZE);
	memcpy(bytes, mark_word, sizeof(mark_word));
	put_64(bytes + 8, mark->acked);
	put_64(bytes + 16, mark->tried);
	put_32(bytes + 24, (guint32)crc32(0, bytes, 24));
}

/* Returns: whether the mark is valid */
gboolean
spool_mark_read(SpoolMark *mark, const guint8 bytes[SPOOL_MARK_SIZE])
{
	*mark = (SpoolMark){get_64(bytes + 8), get_64(bytes + 16)};
	return memcmp(bytes, mark_word, sizeof(mark_word)) == 0 &&
	       get_32(bytes + 24) == crc32(0, bytes, 24) && mark->acked >= SPOOL_MARK_SIZE &&
	       mark->tried >= mark->acked;
}

void
spool_header_write(const Frame *frame, guint8 bytes[SPOOL_HEADER_SIZE])
{
	gsize length;
	const guint8 *content = g_bytes_get_data(frame->packed, &length);

	memcpy(bytes, frame_word, sizeof(frame_word));
	put_32(bytes + 4, (guint32)length);
	put_32(bytes + 8, (guint32)frame->amount.n_records);
	put_32(bytes + 12, (guint32)frame->amount.n_samples);
	put_32(bytes + SUMMED, (guint32)crc32(crc32(0, bytes, SUMMED), content, (guint32)length));
}

/*
 * @length: of @bytes, up to the end of the file
 *
 * Returns: whether a header is there, and its content has room in the file
 */
gboolean
spool_header_read(SpoolHeader *header, const guint8 *bytes, gsize length)
{
	if (length < SPOOL_HEADER_SIZE || memcmp(bytes, frame_word, sizeof(frame_word)) != 0)
		return FALSE;
	*header = (SpoolHeader){
		.length = get_32(bytes + 4),
		.amount = {get_32(bytes + 8), get_32(bytes + 12)},
		.checksum = get_32(bytes + SUMMED),
	};
	return header->length > 0 && header->length <= SPOOL_MAX_CONTENT &&
	       header->length <= length - SPOOL_HEADER_SIZE && header->amount.n_samples > 0;
}

/* @bytes: the frame, header and content */
gboolean
spool_header_check(const SpoolHeader *header, const guint8 *bytes)
{
	uLong sum = crc32(crc32(0, bytes, SUMMED), bytes + SPOOL_HEADER_SIZE, header->length);

	return sum == header->checksum;
}

/*
 * Finds the next frame after damaged bytes.
 *
 * @length: of the file
 *
 * Returns: its offset; @length: there is none
 */
guint64
spool_frame_find(const guint8 *bytes, guint64 from, guint64 length)
{
	SpoolHeader header;

	for (guint n_false = 0; from < length && n_false < MAX_FALSE; n_false++) {
		const guint8 *word = memmem(bytes + from, length - from, frame_word,
					    sizeof(frame_word));
		if (word == NULL)
			return length;
		from = (guint64)(word - bytes);
		if (spool_header_read(&header, word, length - from) &&
		    spool_header_check(&header, word))
			return from;
		from++;
	}
	return length;
}
