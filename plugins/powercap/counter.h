/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * The range of the counter, µJ: 2^53 - 1, which also a reader that computes with doubles reads
 * exactly. Readers take the growth over a wrap as range - before + after, so the counter is the
 * total modulo the range.
 */
#define POWERCAP_RANGE G_GUINT64_CONSTANT(9007199254740991)

/*
 * An energy counter that grows evenly. The energy of a window is known at its end. The counter
 * shows it in the course of the next window, so it is never ahead of what is known: a lower
 * estimate in the next window has nothing to take back.
 */
typedef struct {
	guint64 total; /* µJ: the energy of all windows */
	gdouble rest;  /* µJ, below 1: what the total does not contain yet */
	guint64 from;  /* µJ: what it showed at @since */
	gint64 since;  /* ns: the end of the last window */
	gint64 length; /* ns: how long it takes from @from to the total */
} PowercapCounter;

void
powercap_counter_init(PowercapCounter *counter, guint64 total);
gboolean
powercap_counter_add(PowercapCounter *counter, gdouble joules, gint64 now, gint64 length);
void
powercap_counter_finish(PowercapCounter *counter);
guint64
powercap_counter_get(const PowercapCounter *counter, gint64 now);
