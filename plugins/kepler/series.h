/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * Which process a sample belongs to: its pid in the upper half, a hash of its container in the
 * lower one. Where the upper bit is set, the sample has no pid, and this is a hash of all its
 * labels. Never 0.
 */
typedef guint64 KeplerIdentity;

#define KEPLER_IDENTITY_OTHER ((KeplerIdentity)1 << 63)

typedef struct {
	KeplerIdentity identity; /* 0: the slot is free */
	gdouble value; /* CPU seconds; negative: matched with one of the page that is read */
} KeplerSample;

/* Open addressing with linear probing; the number of slots is a power of two, or 0. */
typedef struct {
	KeplerSample *slots;
	guint n_slots;
	guint n_used;
} KeplerTable;

/*
 * The samples of one page beside those of the last page that was taken: what each process has grown
 * by since. A hundred thousand processes cost 4 MB.
 */
typedef struct {
	guint64 seed; /* of the tables' order: no page can make all samples meet in one slot */
	KeplerTable before;
	KeplerTable now;
	KeplerTable away;     /* processes that a page before had, and the last one had not */
	gint64 *away_looked;  /* for each slot of that table, like @looked */
	gint64 looked;	      /* what the last page shows is not older; CLOCK_MONOTONIC, ns */
	gboolean any_before;  /* a page was taken */
	gdouble total;	      /* CPU seconds of all processes of the page */
	gdouble growth;	      /* by how much they grew since the page before */
	gboolean has_changed; /* the page differs from the one before */
} KeplerSeries;

void
kepler_series_init(KeplerSeries *series);
void
kepler_series_clear(KeplerSeries *series);
void
kepler_series_begin(KeplerSeries *series);
gboolean
kepler_series_add(KeplerSeries *series, KeplerIdentity identity, gdouble value);
void
kepler_series_end(KeplerSeries *series, gint64 now, gdouble n_cpus);
void
kepler_series_take(KeplerSeries *series, gint64 looked);
