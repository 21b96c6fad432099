/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rapl/meter.h"
#include "process.h"

/* What the CPU time of a process is compared with: the reading before. */
typedef struct {
	gint64 time; /* CLOCK_MONOTONIC, ns, before it; 0: there was none */
	gint64 cpu;
	gint64 vcpu;
	guint n_cpus;
} Growth;

const RaplWhy *
growth_judge(Growth *growth, const QemuTimes *times, guint n_cpus, gint64 before, gint64 after,
	     const RaplWhy **vcpu_why);
