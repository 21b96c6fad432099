/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * Identifies the process of a sample: its pid in the upper half, a hash of its container in the
 * lower half. When the upper bit is set, the sample has no pid, and this is a hash of all its
 * labels. Never 0.
 */
typedef guint64 KeplerIdentity;

#define KEPLER_IDENTITY_OTHER ((KeplerIdentity)1 << 63)

typedef struct {
	KeplerIdentity identity; /* 0: the slot is free */
	gdouble value; /* CPU seconds; negative: matched with a sample of the current page */
} KeplerSample;

/* Open addressing with linear probing; the number of slots is a power of two, or 0. */
typedef struct {
	KeplerSample *slots;
	guint n_slots;
	guint n_used;
} KeplerTable;

/*
 * The samples of one page and those of the last page that was used, to find the growth of each
 * process. A hundred thousand processes take 4 MB.
 */
typedef struct {
	guint64 seed; /* of the tables' order: no page can force all samples into one slot */
	KeplerTable before;
	KeplerTable now;
	KeplerTable away;     /* processes of an earlier page that were not on the last one */
	gint64 *away_looked;  /* for each slot of that table, like @looked */
	gint64 looked;	      /* minimum time of the values on the last page; CLOCK_MONOTONIC, ns */
	gboolean any_before;  /* a page was used */
	gdouble total;	      /* CPU seconds of all processes of the page */
	gdouble growth;	      /* their growth since the previous page */
	gboolean has_changed; /* the page differs from the previous one */
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
