/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/clock-watch.h"

#define NS_PER_S 1e9
/* Two clocks are read one after the other, so smaller differences are not steps. */
#define CLOCK_STEP (10 * 1000 * 1000)

static void
read_offsets(VmfcClockWatch *watch)
{
	gint64 monotonic = vmfc_clock_monotonic(watch->clock);

	watch->real_offset = watch->clock->realtime(watch->clock->self) - monotonic;
	watch->boot_offset = watch->clock->boottime(watch->clock->self) - monotonic;
}

/* @clock: not owned */
void
vmfc_clock_watch_init(VmfcClockWatch *watch, const VmfcClock *clock)
{
	watch->clock = clock;
	read_offsets(watch);
}

/*
 * Deadlines and windows are on CLOCK_MONOTONIC, so that a step of the wall clock or a suspend
 * cannot make a window wrong. But timestamps jump, so users who join on them need a warning.
 */
void
vmfc_clock_watch_check(VmfcClockWatch *watch, gint64 realtime, gint64 monotonic)
{
	gint64 real_offset = watch->real_offset;
	gint64 boot_offset = watch->boot_offset;

	if (ABS(realtime - monotonic - real_offset) < CLOCK_STEP)
		return;
	/* read both again: the thread may have been preempted between the first two readings */
	read_offsets(watch);
	gint64 step = watch->real_offset - real_offset;
	gint64 suspended = watch->boot_offset - boot_offset;
	if (ABS(step) < CLOCK_STEP)
		return;
	if (suspended >= CLOCK_STEP)
		g_warning("the machine was suspended for %.3f s; windows do not count that time, "
			  "timestamps do",
			  (gdouble)suspended / NS_PER_S);
	if (ABS(step - suspended) >= CLOCK_STEP)
		g_warning(
			"the wall clock was stepped by %+.3f s; timestamps follow it, windows are "
			"not affected",
			(gdouble)(step - suspended) / NS_PER_S);
}
