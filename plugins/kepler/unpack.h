/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <gio/gio.h>

#include "response.h"

/* Unpacks a page that was packed by gzip, piece by piece; what holds it is allocated when needed.
 */
typedef struct {
	KeplerBodyFunc body; /* takes what is unpacked */
	gpointer user_data;
	GCancellable *cancellable;
	GConverter *gzip;  /* NULL: no packed page has come yet */
	gchar *piece;	   /* unpacked */
	gboolean is_whole; /* the last member has its end, and nothing follows so far */
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
