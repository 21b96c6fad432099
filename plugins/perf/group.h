/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "events.h"
#include "flaw.h"

/* The result of one read of a group: PERF_FORMAT_GROUP with both times. */
typedef struct {
	guint64 n;
	guint64 enabled; /* ns */
	guint64 running; /* ns */
	guint64 values[PERF_GROUP_SIZE];
} PerfReading;

/* The growth of a group on one CPU from one reading to the next. */
typedef struct {
	PerfFlaw flaw;			 /* flaw of the times, and so of all counts */
	PerfFlaw flaws[PERF_GROUP_SIZE]; /* flaw of each count */
	gdouble running_ratio;		 /* 0..1; below 1 the counts are scaled */
	gdouble running;		 /* ns */
	gdouble waiting;		 /* ns without a counter */
	gdouble raw[PERF_GROUP_SIZE];
	gdouble counts[PERF_GROUP_SIZE]; /* scaled; known without a flaw */
} PerfGrowth;

/* Events that are scheduled together on one CPU. */
typedef struct {
	guint n_events;
	PerfEventId events[PERF_GROUP_SIZE];
	gint fds[PERF_GROUP_SIZE]; /* of the leader */
	PerfReading last;
	gdouble waited;			       /* ns without a counter, since it last had one */
	gdouble work_without[PERF_GROUP_SIZE]; /* work since the count last changed, see
						  perf_judge() */
	gboolean still[PERF_GROUP_SIZE];       /* the count stood still in the last window */
} PerfGroup;

gboolean
perf_group_open(PerfGroup *group, PerfEvent events[PERF_N_EVENTS], guint cpu, PerfEventId *failed);
void
perf_group_close(PerfGroup *group);
gboolean
perf_group_read(const PerfGroup *group, PerfReading *reading);
PerfGrowth
perf_reading_subtract(const PerfReading *now, const PerfReading *before, guint n_events);
void
perf_growth_lose(PerfGrowth *growth, PerfFlaw flaw);
