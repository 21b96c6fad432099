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
	GArray *cpus;	      /* of guint */
	GArray *groups;	      /* of PerfGroup, @n_groups for each CPU */
	guint n_lost;	      /* readings in a row in which a CPU gave nothing */
	gboolean takes_turns; /* from the start there were too few counters for all groups */
	gint64 totals[PERF_N_EVENTS];
} PerfCounters;

/* What one reading of all CPUs has added. */
typedef struct {
	PerfFlaw flaws[PERF_N_EVENTS];
	gboolean multiplexed[PERF_N_EVENTS];
	gdouble growth[PERF_N_EVENTS]; /* known without a flaw */
	gdouble running_ratio;	       /* smallest of the hardware groups; 1 without one */
	PerfFlaw times;		       /* the flaw of @running_ratio */
	gboolean has_hardware;
	gboolean cpu_lost;   /* a CPU gave nothing: it went offline */
	gboolean has_waited; /* a group was without a counter for a part of the window */
	gboolean is_crowded; /* likewise the group of the reference cycles, because of them */
} PerfWindow;

void
perf_counters_init(PerfCounters *counters, PerfEvent events[PERF_N_EVENTS],
		   const PerfEventId (*groups)[PERF_PAIR], guint n_groups);
void
perf_counters_clear(PerfCounters *counters);
void
perf_counters_open_first(PerfCounters *counters);
gboolean
perf_counters_open(PerfCounters *counters);
gboolean
perf_counters_should_reopen(const PerfCounters *counters);
void
perf_counters_wait(PerfCounters *counters, PerfWindow *window, guint n_waits);
void
perf_counters_lose(const PerfCounters *counters, PerfWindow *window, PerfFlaw flaw);
void
perf_counters_close(PerfCounters *counters);
void
perf_counters_read(PerfCounters *counters, PerfWindow *window);
