/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "counters.h"

#include <errno.h>
#include <math.h>
#include <sys/resource.h>

/* Files beside those of the events that the program may have open. */
#define OTHER_FILES 64

/* Which of the @groups can be counted is decided by the events' states. */
void
perf_counters_init(PerfCounters *counters, PerfEvent events[PERF_N_EVENTS],
		   const PerfEventId (*groups)[PERF_GROUP_SIZE], guint n_groups)
{
	counters->events = events;
	counters->groups = g_array_new(FALSE, TRUE, sizeof(PerfGroup));
	for (guint i = 0; i < n_groups; i++) {
		PerfGroup *shape = &counters->shape[counters->n_groups];
		for (guint j = 0; j < PERF_GROUP_SIZE; j++) {
			const PerfEvent *event = &events[groups[i][j]];
			if (event->state == VMFC_STATE_OK && perf_event_is_named(event))
				shape->events[shape->n_events++] = groups[i][j];
		}
		if (shape->n_events > 0)
			counters->n_groups++;
	}
}

void
perf_counters_close(PerfCounters *counters)
{
	for (guint i = 0; i < counters->groups->len; i++)
		perf_group_close(&g_array_index(counters->groups, PerfGroup, i));
	g_array_set_size(counters->groups, 0);
}

void
perf_counters_clear(PerfCounters *counters)
{
	if (counters->groups == NULL)
		return;
	perf_counters_close(counters);
	g_array_unref(counters->groups);
}

/* A file for each event and CPU may be more than a process is allowed by default. */
static void
raise_file_limit(rlim_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = MIN(wanted, limit.rlim_max);
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* An event that cannot be had on every CPU is not counted at all: half a sum would be a lie. */
static void
drop_event(PerfCounters *counters, PerfEventId id, gint failure)
{
	/* on one CPU it could be opened, see perf_events_try() */
	perf_event_refuse_errno(&counters->events[id], failure, TRUE);
	for (guint i = 0; i < counters->n_groups; i++) {
		PerfGroup *shape = &counters->shape[i];
		guint n_left = 0;
		for (guint j = 0; j < shape->n_events; j++) {
			if (shape->events[j] != id)
				shape->events[n_left++] = shape->events[j];
		}
		shape->n_events = n_left;
		if (n_left == 0)
			*shape = counters->shape[--counters->n_groups];
	}
}

static gboolean
open_all(PerfCounters *counters, PerfEventId *failed)
{
	perf_counters_close(counters);
	raise_file_limit((rlim_t)counters->cpus->len * PERF_N_EVENTS + OTHER_FILES);
	for (guint i = 0; i < counters->cpus->len; i++) {
		for (guint j = 0; j < counters->n_groups; j++) {
			PerfGroup group = counters->shape[j];
			guint cpu = g_array_index(counters->cpus, guint, i);
			if (!perf_group_open(&group, counters->events, cpu, failed)) {
				gint failure = errno;
				perf_counters_close(counters);
				errno = failure;
				return FALSE;
			}
			perf_group_read(&group, &group.last);
			g_array_append_val(counters->groups, group);
		}
	}
	return TRUE;
}

/* Opens all groups on all of @cpus, and gives up for good the events that are not to be had. */
void
perf_counters_open_first(PerfCounters *counters)
{
	PerfEventId failed;

	while (counters->n_groups > 0 && !open_all(counters, &failed))
		drop_event(counters, failed, errno);
}

/* Opens all groups on all of @cpus anew. Returns: whether that succeeded; if not, none is open */
gboolean
perf_counters_open(PerfCounters *counters)
{
	PerfEventId failed;
	return open_all(counters, &failed);
}

static gboolean
is_hardware(const PerfGroup *group)
{
	return group->events[0] < PERF_N_HARDWARE;
}

static void
add_growth(const PerfGroup *group, const PerfGrowth *growth, PerfWindow *window)
{
	for (guint i = 0; i < group->n_events; i++) {
		PerfEventId id = group->events[i];
		window->known[id] &= growth->valid;
		window->growth[id] += growth->counts[i];
	}
	if (!is_hardware(group))
		return;
	window->has_hardware = TRUE;
	window->running_ratio = MIN(window->running_ratio, growth->running_ratio);
}

/* Whole events; a total that no number holds any more starts over. */
static void
add_to_totals(PerfCounters *counters, PerfWindow *window)
{
	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		if (!window->known[i] ||
		    !__builtin_add_overflow(counters->totals[i], llround(window->growth[i]),
					    &counters->totals[i]))
			continue;
		counters->totals[i] = 0;
		window->known[i] = FALSE;
	}
}

/* Reads all groups, one after the other, and adds what they have counted to the totals. */
void
perf_counters_read(PerfCounters *counters, PerfWindow *window)
{
	*window = (PerfWindow){.running_ratio = 1};
	window->cpu_lost = counters->n_groups > 0 && counters->groups->len == 0;
	for (guint i = 0; i < counters->n_groups; i++) {
		for (guint j = 0; j < counters->shape[i].n_events; j++)
			window->known[counters->shape[i].events[j]] = !window->cpu_lost;
	}
	for (guint i = 0; i < counters->groups->len; i++) {
		PerfGroup *group = &g_array_index(counters->groups, PerfGroup, i);
		PerfReading now;
		PerfGrowth growth = {0};
		if (perf_group_read(group, &now)) {
			growth = perf_reading_subtract(&now, &group->last, group->n_events);
			window->cpu_lost |= now.enabled <= group->last.enabled;
			group->last = now;
		} else {
			window->cpu_lost = TRUE;
		}
		add_growth(group, &growth, window);
	}
	add_to_totals(counters, window);
}
