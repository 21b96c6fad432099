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

/* An instant between two readings of a clock, in ns. */
typedef struct {
	gint64 earliest;
	gint64 latest;
} CpuInstant;

/* One reading of /proc/stat. */
typedef struct {
	const gchar *text;
	gsize length;
	CpuTimes times;
	CpuInstant instant;
} CpuReading;

/* Compares the ticks that the CPUs counted with the time that has passed. */
typedef struct {
	gint64 ns_per_tick;
	CpuInstant last; /* the previous reading */
	gint64 last_total;
	/* the reading at the start of the current span */
	CpuInstant begin;
	gint64 total;
	guint64 order; /* of the CPUs */
	guint n_fields;
	gboolean has_each;
	gint64 *each;	    /* of every CPU */
	gint64 *each_now;   /* buffer for this reading */
	guint size;	    /* number of CPUs that fit */
	CpuVerdict verdict; /* on the previous span, while it remains valid */
} CpuCheck;

void
cpu_check_init(CpuCheck *check, gint64 ticks_per_second, guint n_cpus);
void
cpu_check_clear(CpuCheck *check);
CpuVerdict
cpu_check_window(CpuCheck *check, const CpuReading *now);
