/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rapl/meter.h"
#include "process.h"

/* The previous reading, with which the CPU time of a process is compared. */
typedef struct {
	gint64 time; /* CLOCK_MONOTONIC, ns, before it; 0: no reading yet */
	gint64 cpu;
	gint64 vcpu;
	guint n_cpus;
} Growth;

const RaplWhy *
growth_judge(Growth *growth, const QemuTimes *times, guint n_cpus, gint64 before, gint64 after,
	     const RaplWhy **vcpu_why);
