/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "group.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

/*
 * Opens a group whose @n_events and @events are set. The leader is opened disabled, its members
 * enabled, and then the leader is enabled. In other orders we saw groups of software events that
 * counted nothing although they claimed to run all the time.
 *
 * @failed: (out): which event could not be opened, with errno set
 */
gboolean
perf_group_open(PerfGroup *group, PerfEvent events[PERF_N_EVENTS], guint cpu, PerfEventId *failed)
{
	for (guint i = 0; i < group->n_events; i++)
		group->fds[i] = -1;
	for (guint i = 0; i < group->n_events; i++) {
		struct perf_event_attr attr = events[group->events[i]].attr;
		attr.disabled = i == 0;
		attr.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
				   PERF_FORMAT_TOTAL_TIME_RUNNING;
		group->fds[i] = perf_event_open_on(&attr, cpu, i == 0 ? -1 : group->fds[0]);
		if (group->fds[i] >= 0)
			continue;
		gint failure = errno;
		*failed = group->events[i];
		perf_group_close(group);
		errno = failure;
		return FALSE;
	}
	*failed = group->events[0];
	return ioctl(group->fds[0], PERF_EVENT_IOC_ENABLE, 0) == 0;
}

void
perf_group_close(PerfGroup *group)
{
	for (guint i = 0; i < group->n_events; i++) {
		if (group->fds[i] >= 0)
			close(group->fds[i]);
		group->fds[i] = -1;
	}
}

/* One read(2) for the whole group; it returns nothing while its CPU is offline. */
gboolean
perf_group_read(const PerfGroup *group, PerfReading *reading)
{
	gssize wanted = (gssize)(3 + group->n_events) * (gssize)sizeof(guint64);
	return read(group->fds[0], reading, sizeof(*reading)) == wanted &&
	       reading->n == group->n_events;
}

void
perf_growth_lose(PerfGrowth *growth, PerfFlaw flaw)
{
	growth->flaw = flaw;
	for (guint i = 0; i < PERF_GROUP_SIZE; i++)
		growth->flaws[i] = flaw;
}

/* Maximum difference between the times of one reading: they are taken at one instant. */
#define TIMES_DIFFER_NS 10000

/*
 * Counts are scaled by time enabled / time running when the kernel multiplexed more events than
 * counters (perf_event_open(2)). The growth of a group is unknown when it did not run at all, or
 * when its times stand still or go backwards because its CPU was offline.
 */
PerfGrowth
perf_reading_subtract(const PerfReading *now, const PerfReading *before, guint n_events)
{
	PerfGrowth growth = {0};

	perf_growth_lose(&growth, PERF_FLAW_AWAY);
	if (now->enabled <= before->enabled)
		return growth;
	guint64 enabled = now->enabled - before->enabled;
	guint64 running = now->running - before->running;
	perf_growth_lose(&growth, PERF_FLAW_TIMES);
	if (now->running < before->running || running > enabled + TIMES_DIFFER_NS)
		return growth;
	growth.running = (gdouble)running;
	growth.waiting = running < enabled ? (gdouble)(enabled - running) : 0;
	growth.running_ratio = MIN(growth.running / (gdouble)enabled, 1);
	growth.flaw = now->running == 0 ? PERF_FLAW_NO_COUNTER
		      : running == 0	? PERF_FLAW_NO_TURN
					: PERF_FLAW_NONE;
	for (guint i = 0; i < n_events; i++) {
		growth.flaws[i] = growth.flaw;
		if (growth.flaw != PERF_FLAW_NONE)
			continue;
		if (now->values[i] < before->values[i])
			growth.flaws[i] = PERF_FLAW_BACKWARDS;
		else
			growth.raw[i] = (gdouble)(now->values[i] - before->values[i]);
		growth.counts[i] = growth.raw[i] / growth.running_ratio;
	}
	return growth;
}
