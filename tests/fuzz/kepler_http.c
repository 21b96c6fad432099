/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Any bytes as the answer of Kepler's server, and as a packed page: they are read whole and in
 * pieces of the length that the first byte says, and both must come to the same.
 */

#include "kepler/response.h"
#include "kepler/unpack.h"

#include "fuzz.h"

/* Of a page: a few bytes can be packed that come to gigabytes. */
#define MAX_UNPACKED (1024 * 1024)

static gboolean
add_page(const gchar *piece, gsize length, gpointer user_data, GError **error)
{
	GString *page = user_data;

	if (page->len + length > MAX_UNPACKED) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "too much");
		return FALSE;
	}
	g_string_append_len(page, piece, (gssize)length);
	return TRUE;
}

static gboolean
read_response(KeplerResponse *response, const gchar *bytes, gsize length, gsize piece)
{
	gboolean good = TRUE;

	kepler_response_begin(response);
	for (gsize i = 0; i < length && good; i += piece) {
		good = kepler_response_add(response, bytes + i, MIN(piece, length - i), NULL);
		/* what follows is not read, unless it came along with the end */
		if (response->state == KEPLER_RESPONSE_OVER)
			break;
	}
	return good && kepler_response_end(response, NULL);
}

static gboolean
unpack(KeplerUnpacker *unpacker, const gchar *bytes, gsize length, gsize piece)
{
	gboolean good = TRUE;

	kepler_unpacker_begin(unpacker);
	for (gsize i = 0; i < length && good; i += piece)
		good = kepler_unpacker_add(unpacker, bytes + i, MIN(piece, length - i), NULL);
	return good && kepler_unpacker_end(unpacker, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GString) whole = g_string_new(NULL);
	g_autoptr(GString) pieces = g_string_new(NULL);
	KeplerResponse response;
	KeplerUnpacker unpacker;

	if (size < 2)
		return 0;
	const gchar *bytes = (const gchar *)data + 1;
	kepler_response_init(&response, add_page, whole);
	gboolean good = read_response(&response, bytes, size - 1, size);
	response.user_data = pieces;
	gboolean same = read_response(&response, bytes, size - 1, MAX(data[0], 1));
	g_assert_true(!good || (same && g_string_equal(whole, pieces)));
	kepler_response_clear(&response);

	g_string_truncate(whole, 0);
	g_string_truncate(pieces, 0);
	kepler_unpacker_init(&unpacker, add_page, whole, NULL);
	good = unpack(&unpacker, bytes, size - 1, size);
	unpacker.user_data = pieces;
	same = unpack(&unpacker, bytes, size - 1, MAX(data[0], 1));
	g_assert_true(good == same && (!good || g_string_equal(whole, pieces)));
	kepler_unpacker_clear(&unpacker);
	return 0;
}
