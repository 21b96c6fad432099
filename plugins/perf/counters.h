/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "group.h"

/* The groups of all CPUs, and what they have counted so far. */
typedef struct {
	PerfEvent *events;
	PerfGroup shape[PERF_N_GROUPS]; /* which events are in which group; no files */
	guint n_groups;
	GArray *cpus;	/* of guint */
	GArray *groups; /* of PerfGroup, @n_groups for each CPU */
	gint64 totals[PERF_N_EVENTS];
} PerfCounters;

/* What one reading of all CPUs has added. */
typedef struct {
	gboolean known[PERF_N_EVENTS]; /* the growth of this event in the window is known */
	gdouble growth[PERF_N_EVENTS];
	gdouble running_ratio; /* smallest of the hardware groups; 1 without one */
	gboolean has_hardware;
	gboolean cpu_lost; /* a CPU gave nothing: it went offline */
} PerfWindow;

void
perf_counters_init(PerfCounters *counters, PerfEvent events[PERF_N_EVENTS],
		   const PerfEventId (*groups)[PERF_GROUP_SIZE], guint n_groups);
void
perf_counters_clear(PerfCounters *counters);
void
perf_counters_open_first(PerfCounters *counters);
gboolean
perf_counters_open(PerfCounters *counters);
void
perf_counters_close(PerfCounters *counters);
void
perf_counters_read(PerfCounters *counters, PerfWindow *window);
