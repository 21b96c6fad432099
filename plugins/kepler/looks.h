/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "text.h"

/* More power zones than a machine has. */
#define KEPLER_MAX_ZONES 16

typedef struct {
	guint64 name; /* a hash of its labels */
	gdouble joules;
	gdouble watts;
} KeplerZone;

/* What a page says of the node itself. */
typedef struct {
	guint64 values; /* a hash of it all; 0: nothing */
	gboolean has_joules;
	KeplerZone zones[KEPLER_MAX_ZONES];
	guint n_zones;
} KeplerNode;

/* When Kepler looked at the processes, as its counters of the node tell. */
typedef struct {
	guint64 seed;
	KeplerNode before; /* of the last page that was whole */
	KeplerNode now;
	gboolean any_before;
	gboolean has_looked; /* since that one */
	gdouble span;	     /* s, between the looks of both pages; NAN: the page does not tell */
} KeplerLooks;

void
kepler_looks_begin(KeplerLooks *looks);
void
kepler_looks_add(KeplerLooks *looks, VmfcScan line);
void
kepler_looks_end(KeplerLooks *looks);
