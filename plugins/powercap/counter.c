/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "powercap/counter.h"

#include <math.h>

#define UJ_PER_J 1e6
/* Energy of one window that no machine uses, J. */
#define MAX_JOULES 1e9

/* @total: µJ, of earlier runs */
void
powercap_counter_init(PowercapCounter *counter, guint64 total)
{
	*counter = (PowercapCounter){.total = total, .from = total};
}

/*
 * Adds the energy of a window that has ended.
 *
 * @now: ns; the counter never shows less at a later time
 * @length: ns, until the counter shows it all; 0: at once
 *
 * Returns: whether it can be the energy of a window
 */
gboolean
powercap_counter_add(PowercapCounter *counter, gdouble joules, gint64 now, gint64 length)
{
	if (!(joules >= 0 && joules <= MAX_JOULES))
		return FALSE;
	counter->from = powercap_counter_get(counter, now);
	counter->since = now;
	counter->length = length;
	gdouble sum = joules * UJ_PER_J + counter->rest;
	gdouble whole = floor(sum);
	counter->rest = sum - whole;
	counter->total += (guint64)whole;
	return TRUE;
}

/* Shows the total from now on. */
void
powercap_counter_finish(PowercapCounter *counter)
{
	counter->from = counter->total;
	counter->length = 0;
}

/*
 * @now: ns
 *
 * Returns: µJ: at most the total
 */
guint64
powercap_counter_get(const PowercapCounter *counter, gint64 now)
{
	gint64 elapsed = now - counter->since;

	if (elapsed >= counter->length)
		return counter->total;
	if (elapsed <= 0)
		return counter->from;
	gdouble share = (gdouble)elapsed / (gdouble)counter->length;
	return counter->from + (guint64)((gdouble)(counter->total - counter->from) * share);
}
