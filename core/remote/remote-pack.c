/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Snappy's block format, which remote write 1.0 prescribes; not its framed format. */

#include "remote/remote-pack.h"

#include <snappy-c.h>

/* Returns: (transfer full): the compressed message */
GBytes *
vmfc_remote_pack(const guint8 *message, gsize length)
{
	gsize size = snappy_max_compressed_length(length);
	gchar *packed = g_malloc(size);

	/* the room suffices, so it cannot fail */
	snappy_compress((const gchar *)message, length, packed, &size);
	return g_bytes_new_take(g_realloc(packed, size), size);
}

/*
 * Appends the message that was compressed.
 *
 * @limit: bytes that @message may have at most afterwards
 *
 * Returns: whether it is valid and within the limit; otherwise @message is as before
 */
gboolean
vmfc_remote_unpack(const guint8 *packed, gsize length, gsize limit, GByteArray *message)
{
	guint start = message->len;
	gsize size;

	if (snappy_uncompressed_length((const gchar *)packed, length, &size) != SNAPPY_OK ||
	    size > limit || start > limit - size)
		return FALSE;
	g_byte_array_set_size(message, start + (guint)size);
	if (snappy_uncompress((const gchar *)packed, length, (gchar *)message->data + start,
			      &size) == SNAPPY_OK)
		return TRUE;
	g_byte_array_set_size(message, start);
	return FALSE;
}
