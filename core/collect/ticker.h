/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/clock.h"

/* One deadline that has passed. Nanoseconds. */
typedef struct {
	guint64 index;	 /* deadline = t0 + index × interval */
	guint64 missed;	 /* deadlines without a tick since the previous tick */
	gint64 deadline; /* CLOCK_MONOTONIC */
	gint64 begin;	 /* CLOCK_MONOTONIC: when the tick began */
} VmfcTick;

/*
 * Absolute deadlines t0 + n × interval on CLOCK_MONOTONIC. A late tick skips the deadlines that it
 * missed. So ticks never catch up and never drift.
 */
typedef struct {
	gint64 t0;
	gint64 interval;
	guint64 next; /* index of the next deadline */
	guint64 last; /* index of the last deadline of the run */
} VmfcTicker;

gint64
vmfc_ticker_align(const VmfcClock *clock, gint64 interval, gint64 lead);
void
vmfc_ticker_init(VmfcTicker *ticker, gint64 t0, gint64 interval);
void
vmfc_ticker_end_at(VmfcTicker *ticker, guint64 last);
gboolean
vmfc_ticker_has_ended(const VmfcTicker *ticker, gint64 now);
gboolean
vmfc_ticker_advance(VmfcTicker *ticker, gint64 now, VmfcTick *tick);

typedef gboolean (*VmfcTickFunc)(gint64 now, gpointer user_data);

GSource *
vmfc_ticker_source_new(const VmfcTicker *ticker, VmfcTickFunc func, gpointer user_data,
		       GError **error);
