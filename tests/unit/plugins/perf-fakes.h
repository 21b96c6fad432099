/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * For tests of perf that stand in place of the kernel or of its groups, see meson.build: what they
 * wrap, how the kernel is asked for an event, and the events and counters of a machine.
 */

#pragma once

#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#include "perf/counters.h"
#include "perf/group.h"

#pragma GCC visibility push(default)
long
__wrap_syscall(long number, ...);
gboolean
__wrap_perf_group_open(PerfGroup *group, PerfEvent events[PERF_N_EVENTS], guint cpu,
		       PerfEventId *failed);
void
__wrap_perf_group_close(PerfGroup *group);
gboolean
__wrap_perf_group_read(const PerfGroup *group, PerfReading *reading);
#pragma GCC visibility pop

/* One call of perf_event_open(2), for all processes of a CPU. */
typedef struct {
	const struct perf_event_attr *attr;
	gint cpu;
	gint leader; /* -1: none yet */
} PerfOpenCall;

/* @arguments: those of syscall(2) after its @number */
static inline PerfOpenCall
perf_open_call_read(long number, va_list arguments)
{
	PerfOpenCall call;

	g_assert_cmpint(number, ==, SYS_perf_event_open);
	call.attr = va_arg(arguments, const struct perf_event_attr *);
	gint pid = va_arg(arguments, gint);
	g_assert_cmpint(pid, ==, -1);
	call.cpu = va_arg(arguments, gint);
	call.leader = va_arg(arguments, gint);
	return call;
}

/* All events are available and vmfc's own; the kernel is given the number of each. */
static inline void
perf_fakes_init_events(PerfEvent events[PERF_N_EVENTS])
{
	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		events[i] = (PerfEvent){.name = "it", .is_default = TRUE};
		events[i].attr.config = i;
	}
}

typedef struct {
	PerfEvent events[PERF_N_EVENTS];
	PerfCounters counters;
	PerfWindow window; /* the last one */
} PerfFixture;

/* Of a machine with the CPUs 0 to @n_cpus - 1. */
static inline void
perf_fixture_init(PerfFixture *self, guint n_cpus)
{
	memset(self, 0, sizeof(*self));
	perf_fakes_init_events(self->events);
	self->counters.cpus = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint i = 0; i < n_cpus; i++)
		g_array_append_val(self->counters.cpus, i);
}

static inline void
perf_fixture_clear(PerfFixture *self)
{
	perf_counters_clear(&self->counters);
	g_array_unref(self->counters.cpus);
	perf_events_clear(self->events);
}

static inline void
perf_fixture_read(PerfFixture *self)
{
	perf_counters_read(&self->counters, &self->window);
}
