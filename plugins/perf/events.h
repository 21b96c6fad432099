/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <linux/perf_event.h>

#include "vmfc/vmfc-plugin.h"

/* The events, in the order of their options; the column of the reference cycles comes later. */
typedef enum {
	PERF_CYCLES,
	PERF_INSTRUCTIONS,
	PERF_CACHE_REFERENCES,
	PERF_CACHE_MISSES,
	PERF_BRANCHES,
	PERF_BRANCH_MISSES,
	PERF_PAGE_FAULTS,
	PERF_CONTEXT_SWITCHES,
	PERF_REF_CYCLES,
	PERF_N_EVENTS,
	PERF_N_HARDWARE = PERF_PAGE_FAULTS,
} PerfEventId;

/*
 * Events that are counted during the same time: the two sides of a ratio, and the kernel's own. The
 * reference cycles join the first pair, see perf_counters_init().
 */
#define PERF_N_GROUPS	4
#define PERF_PAIR	2
#define PERF_GROUP_SIZE (PERF_PAIR + 1)

/* An event and its state. */
typedef struct {
	const gchar *name;   /* of libpfm4; empty when no event counts the column */
	gboolean is_default; /* the default event of the column */
	struct perf_event_attr attr;
	VmfcState state;
	gchar *reason;
	gchar *remedy;
} PerfEvent;

static inline gboolean
perf_event_is_named(const PerfEvent *event)
{
	return event->name[0] != '\0';
}

static inline gboolean
perf_event_is_hardware(PerfEventId id)
{
	return id < PERF_N_HARDWARE || id == PERF_REF_CYCLES;
}

gboolean
perf_events_encode(PerfEvent events[PERF_N_EVENTS], PerfEventId *failed, const gchar **reason);
void
perf_events_try(PerfEvent events[PERF_N_EVENTS], guint cpu);
void
perf_event_refuse(PerfEvent *event, VmfcState state, const gchar *reason, const gchar *remedy);
void
perf_event_refuse_errno(PerfEvent *event, gint failure, gboolean has_pmu);
gboolean
perf_event_is_absent(gint failure);
void
perf_event_refuse_on_a_cpu(PerfEvent *event, gint failure);
void
perf_events_clear(PerfEvent events[PERF_N_EVENTS]);

gint
perf_event_open_on(const struct perf_event_attr *attr, guint cpu, gint leader);
