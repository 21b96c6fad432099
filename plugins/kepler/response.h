/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Called for each piece of a page, as received: compressed, if the response says so. */
typedef gboolean (*KeplerBodyFunc)(const gchar *piece, gsize length, gpointer user_data,
				   GError **error);

/* How the page ends: RFC 9112, section 6.3. */
typedef enum {
	KEPLER_FRAMING_CLOSE, /* at the end of the connection, intended or not */
	KEPLER_FRAMING_LENGTH,
	KEPLER_FRAMING_CHUNKED,
} KeplerFraming;

typedef enum {
	KEPLER_RESPONSE_HEAD,
	KEPLER_RESPONSE_BODY,
	KEPLER_RESPONSE_CHUNK_SIZE,
	KEPLER_RESPONSE_CHUNK,
	KEPLER_RESPONSE_CHUNK_END,
	KEPLER_RESPONSE_TRAILER,
	KEPLER_RESPONSE_OVER,
} KeplerResponseState;

/* The answer to one GET request, read piece by piece: HTTP 1.0 or 1.1. */
typedef struct {
	KeplerBodyFunc body;
	gpointer user_data;

	/* from its head */
	guint status;
	KeplerFraming framing;
	gboolean is_gzip;
	gboolean is_openmetrics;
	gboolean is_kept; /* the connection can serve further requests */
	GString *location;

	KeplerResponseState state;
	GString *line; /* the received part of a line */
	gsize n_head;  /* bytes of the head, or of consecutive lines between chunks */
	gint64 length; /* remaining bytes of the body or the chunk; -1: unknown */
	guint n_interim;
} KeplerResponse;

void
kepler_response_init(KeplerResponse *response, KeplerBodyFunc body, gpointer user_data);
void
kepler_response_clear(KeplerResponse *response);
void
kepler_response_begin(KeplerResponse *response);
gboolean
kepler_response_add(KeplerResponse *response, const gchar *bytes, gsize length, GError **error);
gboolean
kepler_response_end(KeplerResponse *response, GError **error);
