/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/clock.h"

/* One deadline that has come. Nanoseconds. */
typedef struct {
	guint64 index;	 /* deadline = t0 + index × interval */
	guint64 missed;	 /* deadlines since the tick before that had none */
	gint64 deadline; /* CLOCK_MONOTONIC */
	gint64 begin;	 /* CLOCK_MONOTONIC: when it really began */
} VmfcTick;

/*
 * Absolute deadlines t0 + n × interval on CLOCK_MONOTONIC. A tick that comes late moves the
 * index on; nothing is caught up and nothing drifts.
 */
typedef struct {
	gint64 t0;
	gint64 interval;
	guint64 next; /* index of the next deadline */
	guint64 last; /* index of the last deadline; none comes after it */
} VmfcTicker;

gint64
vmfc_ticker_align(const VmfcClock *clock, gint64 interval, gint64 lead);
void
vmfc_ticker_init(VmfcTicker *ticker, gint64 t0, gint64 interval);
void
vmfc_ticker_end_at(VmfcTicker *ticker, guint64 last);
gboolean
vmfc_ticker_has_ended(const VmfcTicker *ticker);
gboolean
vmfc_ticker_advance(VmfcTicker *ticker, gint64 now, VmfcTick *tick);

typedef gboolean (*VmfcTickFunc)(gint64 now, gpointer user_data);

GSource *
vmfc_ticker_source_new(const VmfcTicker *ticker, VmfcTickFunc func, gpointer user_data,
		       GError **error);
