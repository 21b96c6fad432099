/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

typedef struct {
	guint64 identity; /* 0: the slot is free */
	gdouble value;
} KeplerSample;

/* Open addressing with linear probing; the number of slots is a power of two, or 0. */
typedef struct {
	KeplerSample *slots;
	guint n_slots;
	guint n_used;
} KeplerTable;

/*
 * The samples of one page beside those of the last page that was taken: what each series has grown
 * by since. Series are known by the 64-bit identities of their labels only; a hundred thousand
 * processes cost 4 MB.
 */
typedef struct {
	KeplerTable before;
	KeplerTable now;
	gboolean any_before;	     /* a page was taken */
	gdouble most_at_first_sight; /* what new processes can have used by now, in CPU seconds */
	gdouble total;
	gdouble growth;	     /* of the series that the page before had as well */
	gdouble first_sight; /* of all others: what they have used since they began */
} KeplerSeries;

void
kepler_series_clear(KeplerSeries *series);
void
kepler_series_begin(KeplerSeries *series, gdouble most_at_first_sight);
gboolean
kepler_series_add(KeplerSeries *series, guint64 identity, gdouble value);
void
kepler_series_take(KeplerSeries *series);
gboolean
kepler_series_has_changed(const KeplerSeries *series);
