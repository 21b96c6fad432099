/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <gio/gio.h>

#include "response.h"

/* Decompresses a page from gzip, piece by piece; allocates its buffers at the first piece. */
typedef struct {
	KeplerBodyFunc body; /* takes the output */
	gpointer user_data;
	GCancellable *cancellable;
	GConverter *gzip;  /* NULL: no compressed page yet */
	gchar *piece;	   /* output */
	gboolean is_whole; /* the last member is complete, and nothing has followed so far */
} KeplerUnpacker;

void
kepler_unpacker_init(KeplerUnpacker *unpacker, KeplerBodyFunc body, gpointer user_data,
		     GCancellable *cancellable);
void
kepler_unpacker_clear(KeplerUnpacker *unpacker);
void
kepler_unpacker_begin(KeplerUnpacker *unpacker);
gboolean
kepler_unpacker_add(KeplerUnpacker *unpacker, const gchar *packed, gsize length, GError **error);
gboolean
kepler_unpacker_end(const KeplerUnpacker *unpacker, GError **error);
