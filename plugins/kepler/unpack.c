/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "unpack.h"

#include "vmfc/vmfc-plugin.h"

#define PIECE_SIZE (64 * 1024)

void
kepler_unpacker_init(KeplerUnpacker *unpacker, KeplerBodyFunc body, gpointer user_data,
		     GCancellable *cancellable)
{
	*unpacker = (KeplerUnpacker){
		.body = body,
		.user_data = user_data,
		.cancellable = cancellable,
	};
}

void
kepler_unpacker_clear(KeplerUnpacker *unpacker)
{
	g_clear_object(&unpacker->gzip);
	g_free(unpacker->piece);
}

void
kepler_unpacker_begin(KeplerUnpacker *unpacker)
{
	unpacker->is_whole = FALSE;
	if (unpacker->gzip != NULL) {
		g_converter_reset(unpacker->gzip);
		return;
	}
	unpacker->gzip = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
	unpacker->piece = g_malloc(PIECE_SIZE);
}

/* Makes a message of what zlib found wrong. @reason: (transfer full): */
static gboolean
set_broken(GError **error, GError *reason)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "the compressed page is damaged (%s): check what a proxy in front of Kepler "
		    "does to it",
		    reason->message);
	g_error_free(reason);
	return FALSE;
}

/*
 * A compressed page may have several members, one after the other (RFC 1952, section 2.2). Each
 * ends with its checksum and length, which zlib compares.
 */
gboolean
kepler_unpacker_add(KeplerUnpacker *unpacker, const gchar *packed, gsize length, GError **error)
{
	gsize n_read = 0;
	gsize n_written = PIECE_SIZE;

	/* all input, and what zlib still buffers because its last piece was full */
	while (length > 0 || n_written == PIECE_SIZE) {
		GError *reason = NULL;
		GConverterResult result = g_converter_convert(
			unpacker->gzip, packed, length, unpacker->piece, PIECE_SIZE,
			G_CONVERTER_NO_FLAGS, &n_read, &n_written, &reason);
		if (g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT)) {
			g_error_free(reason);
			return TRUE;
		}
		if (result == G_CONVERTER_ERROR)
			return set_broken(error, reason);
		packed += n_read;
		length -= n_read;
		/*
		 * a little input can give a thousand times as much output: check for cancellation
		 */
		if (g_cancellable_set_error_if_cancelled(unpacker->cancellable, error) ||
		    !unpacker->body(unpacker->piece, n_written, unpacker->user_data, error))
			return FALSE;
		unpacker->is_whole = result == G_CONVERTER_FINISHED;
		if (unpacker->is_whole) {
			g_converter_reset(unpacker->gzip);
			n_written = 0;
		}
	}
	return TRUE;
}

/* Returns: whether the page is complete */
gboolean
kepler_unpacker_end(const KeplerUnpacker *unpacker, GError **error)
{
	if (unpacker->is_whole)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "the page was cut off: the end of its compressed data with the checksum is "
		    "missing; see the log of Kepler, or of a proxy in front of it");
	return FALSE;
}
