/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Seconds that a step may take: stress-ng needs some time to start. */
#define STRESS_STEP_LEAST 0.2
#define STRESS_STEP_MOST  1e6

/* How shares of the machine begin, between the braces in the arguments of a step. */
#define STRESS_MEMORY "memory:"
#define STRESS_DISK   "disk:"

/* One step of a profile. */
typedef struct {
	gchar *phase;	   /* what the records are labelled with */
	gchar *stressors;  /* arguments of stress-ng with `{...}` in them; empty: nothing runs */
	gint64 length;	   /* ns */
	gdouble level;	   /* what `{level}` stands for; NaN without one */
	gdouble target;	   /* percent of the CPUs that it uses; NaN: none */
	gdouble cpu_share; /* of the machine's CPUs that it uses, above 0, up to 1 */
} StressStep;

/* What the `{...}` of a step stand for on this machine. */
typedef struct {
	guint n_cpus;	 /* that we may use */
	guint n_machine; /* that there are */
	guint64 memory;	 /* bytes that are available */
	guint64 disk;	 /* bytes that are free where stress-ng writes */
} StressMachineShare;

void
stress_step_free(StressStep *step);
guint
stress_step_count_cpus(const StressStep *step, const StressMachineShare *size);
gdouble
stress_step_get_target(const StressStep *step, const StressMachineShare *size);
gchar **
stress_step_build_arguments(const StressStep *step, const StressMachineShare *size, GError **error);
