/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/timed-wait.h"

#include <errno.h>
#include <time.h>

#define NS_PER_S G_GINT64_CONSTANT(1000000000)

/* @condition: free with pthread_cond_destroy() */
void
timed_wait_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

/*
 * @lock: held
 * @time: CLOCK_MONOTONIC, ns
 *
 * Returns: %FALSE: the time is over; pthread_cond_timedwait(3p)
 */
gboolean
timed_wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, gint64 time)
{
	const struct timespec when = {time / NS_PER_S, time % NS_PER_S};

	return pthread_cond_timedwait(condition, lock, &when) != ETIMEDOUT;
}
