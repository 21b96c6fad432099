/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/clock.h"

#include <time.h>

#define NS_PER_S       G_GINT64_CONSTANT(1000000000)
#define CLOCK_READINGS 5

static gint64
read_clock(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (gint64)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static gint64
system_monotonic(G_GNUC_UNUSED gpointer self)
{
	return read_clock(CLOCK_MONOTONIC);
}

static gint64
system_realtime(G_GNUC_UNUSED gpointer self)
{
	return read_clock(CLOCK_REALTIME);
}

static gint64
system_boottime(G_GNUC_UNUSED gpointer self)
{
	return read_clock(CLOCK_BOOTTIME);
}

const VmfcClock vmfc_clock_system = {
	.monotonic = system_monotonic,
	.realtime = system_realtime,
	.boottime = system_boottime,
};

gint64
vmfc_clock_monotonic(const VmfcClock *clock)
{
	return clock->monotonic(clock->self);
}

/* Returns: the CLOCK_MONOTONIC time at which CLOCK_REALTIME will show @realtime */
gint64
vmfc_clock_find_monotonic(const VmfcClock *clock, gint64 realtime)
{
	gint64 smallest = G_MAXINT64;
	gint64 offset = 0;

	/* the offset is most accurate where the two monotonic readings are closest */
	for (guint i = 0; i < CLOCK_READINGS; i++) {
		gint64 before = vmfc_clock_monotonic(clock);
		gint64 now = clock->realtime(clock->self);
		gint64 after = vmfc_clock_monotonic(clock);
		if (after - before >= smallest)
			continue;
		smallest = after - before;
		offset = now - (before + (after - before) / 2);
	}
	return realtime - offset;
}
