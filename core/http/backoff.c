/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "http/backoff.h"

/* µs */
#define FIRST_PAUSE 1e6
#define MAX_PAUSE   30e6

/*
 * Called after each failure. The own pause is a second, twice as long each time, at most 30 s. It
 * is less by a random part of up to a half, so that clients that failed at a time do not come back
 * at a time.
 *
 * @retry_after: s; negative: the server requests none
 */
void
vmfc_backoff_next(VmfcBackoff *backoff, gdouble retry_after, VmfcPause *pause)
{
	gdouble longest = MIN(FIRST_PAUSE * (1u << MIN(backoff->n_failures, 10)), MAX_PAUSE);

	backoff->n_failures++;
	pause->own = (gint64)(longest * g_random_double_range(0.5, 1));
	pause->asked = (gint64)(MAX(retry_after, 0) * G_USEC_PER_SEC);
}

/* The server has answered. */
void
vmfc_backoff_reset(VmfcBackoff *backoff)
{
	backoff->n_failures = 0;
}
