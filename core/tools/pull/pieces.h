/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/pull/client.h"

/* Raw samples of a selector, in pieces of time that are small enough for one answer. */
typedef struct {
	VmfcPullClient *client;
	gchar *selector;
	gint64 at;	/* ms: everything up to this was read */
	gint64 end;	/* ms */
	gint64 length;	/* ms, of the next piece */
	gint64 refused; /* ms, the length of the last piece that was too much */
	guint patience; /* pieces until one of that length is tried again */
} VmfcPieces;

void
vmfc_pieces_init(VmfcPieces *pieces, VmfcPullClient *client, const gchar *selector, gint64 start,
		 gint64 end);
void
vmfc_pieces_clear(VmfcPieces *pieces);
GPtrArray *
vmfc_pieces_next(VmfcPieces *pieces, GError **error);
GPtrArray *
vmfc_pieces_list(VmfcPullClient *client, const gchar *selector, gint64 start, gint64 end,
		 GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcPieces, vmfc_pieces_clear)
