/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <stdlib.h>
#include <time.h>

/* Returns: CPU time of this thread, ns */
static inline gint64
timing_get_cpu(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * G_GINT64_CONSTANT(1000000000) + now.tv_nsec;
}

/* Returns: the same, µs since @start */
static inline gdouble
timing_get_us_since(gint64 start)
{
	return (gdouble)(timing_get_cpu() - start) * 1e-3;
}

static inline gint
timing_compare(gconstpointer a, gconstpointer b)
{
	gdouble difference = *(const gdouble *)a - *(const gdouble *)b;
	return (difference > 0) - (difference < 0);
}

/* Sorts the values. */
static inline gdouble
timing_take_median(gdouble *values, guint n)
{
	qsort(values, n, sizeof(*values), timing_compare);
	return values[n / 2];
}
