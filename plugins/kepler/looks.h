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

/* What a page shows of the node itself. */
typedef struct {
	guint64 values; /* a hash of all of it; 0: nothing */
	gboolean has_joules;
	KeplerZone zones[KEPLER_MAX_ZONES];
	guint n_zones;
} KeplerNode;

/* When Kepler updated its values, according to its counters of the node. */
typedef struct {
	guint64 seed;
	KeplerNode before; /* of the last complete page */
	KeplerNode now;
	gboolean any_before;
	gboolean has_looked; /* since that page */
	gdouble span;	     /* s, between the updates of both pages; NAN: unknown */
} KeplerLooks;

void
kepler_looks_begin(KeplerLooks *looks);
void
kepler_looks_add(KeplerLooks *looks, VmfcScan line);
void
kepler_looks_end(KeplerLooks *looks);
