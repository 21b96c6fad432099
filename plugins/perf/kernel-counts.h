/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "events.h"

#define PERF_N_KERNEL_COUNTS 2

/* The columns that no event counts unless the user chooses one. */
typedef struct {
	VmfcContext *context;
	VmfcFile *files[PERF_N_KERNEL_COUNTS]; /* NULL when an event is counted */
	gint64 totals[PERF_N_KERNEL_COUNTS];
	gboolean has_totals[PERF_N_KERNEL_COUNTS];
	gdouble most_per_ns;
	gint64 time; /* of the last reading, ns */
} PerfKernelCounts;

void
perf_kernel_counts_open(PerfKernelCounts *counts, VmfcContext *context,
			PerfEvent events[PERF_N_EVENTS]);
gboolean
perf_kernel_counts_sample(PerfKernelCounts *counts, VmfcRecord *record, GError **error);
