/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "group.h"

/* The groups of all CPUs and their counts. */
typedef struct {
	PerfEvent *events;
	PerfGroup shape[PERF_N_GROUPS]; /* the events of each group; no files */
	guint n_groups;
	GArray *cpus;	      /* of guint */
	GArray *groups;	      /* of PerfGroup, @n_groups per CPU */
	guint n_lost;	      /* consecutive readings in which a CPU gave nothing */
	gboolean takes_turns; /* at the start there were too few counters for all groups */
	gint64 totals[PERF_N_EVENTS];
} PerfCounters;

/* The result of one reading of all CPUs. */
typedef struct {
	PerfFlaw flaws[PERF_N_EVENTS];
	gboolean multiplexed[PERF_N_EVENTS];
	gdouble growth[PERF_N_EVENTS]; /* known without a flaw */
	gdouble running_ratio;	       /* minimum of the hardware groups; 1 without one */
	PerfFlaw times;		       /* the flaw of @running_ratio */
	gboolean has_hardware;
	gboolean cpu_lost;   /* a CPU gave nothing: it went offline */
	gboolean has_waited; /* a group had no counter for a part of the window */
	gboolean is_crowded; /* the group of the reference cycles had none, because of them */
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
