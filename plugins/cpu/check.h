/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "parse.h"

typedef enum {
	CPU_PLAUSIBLE,
	CPU_TOO_LITTLE,
	CPU_TOO_MUCH,
	CPU_CONTRADICTION,
} CpuVerdict;

/* An instant that lies between two looks at a clock, in ns. */
typedef struct {
	gint64 earliest;
	gint64 latest;
} CpuInstant;

/* One look at /proc/stat. */
typedef struct {
	const gchar *text;
	gsize length;
	CpuTimes times;
	CpuInstant instant;
} CpuReading;

/* Compares what the CPUs counted with the time that has passed. */
typedef struct {
	gint64 ns_per_tick;
	CpuInstant last; /* the reading before this one */
	gint64 last_total;
	/* the reading that began the span in hand */
	CpuInstant begin;
	gint64 total;
	guint64 order; /* of the CPUs */
	guint n_fields;
	gboolean has_each;
	gint64 *each;	    /* ticks of every CPU */
	gint64 *each_now;   /* room for this reading */
	guint size;	    /* CPUs for which there is room */
	CpuVerdict verdict; /* on the span before, as far as it holds on */
} CpuCheck;

void
cpu_check_init(CpuCheck *check, gint64 ticks_per_second, guint n_cpus);
void
cpu_check_clear(CpuCheck *check);
CpuVerdict
cpu_check_window(CpuCheck *check, const CpuReading *now);
