/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* How long a client waits before it sends a request again. */
typedef struct {
	guint n_failures; /* one after the other */
} VmfcBackoff;

/* In µs. */
typedef struct {
	gint64 own;   /* of the client, which may shorten it */
	gint64 asked; /* that the server requests; 0: none */
} VmfcPause;

void
vmfc_backoff_next(VmfcBackoff *backoff, gdouble retry_after, VmfcPause *pause);
void
vmfc_backoff_reset(VmfcBackoff *backoff);
