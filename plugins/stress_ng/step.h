/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Limits of the duration of a step, in seconds: stress-ng needs some time to start. */
#define STRESS_STEP_MIN 0.2
#define STRESS_STEP_MAX 1e6

/* The beginning of shares of the machine, between the braces in the arguments of a step. */
#define STRESS_MEMORY "memory:"
#define STRESS_DISK   "disk:"

/* One step of a profile. */
typedef struct {
	gchar *phase;	   /* label of the records */
	gchar *stressors;  /* arguments of stress-ng with `{...}` in them; empty: idle */
	gint64 length;	   /* ns */
	gdouble level;	   /* value of `{level}`; NaN without one */
	gdouble target;	   /* target load in percent of its CPUs; NaN: none */
	gdouble cpu_share; /* share of the machine's CPUs, above 0, up to 1 */
} StressStep;

/* Values of the `{...}` of a step on this machine. */
typedef struct {
	guint n_cpus;	 /* that this process may use */
	guint n_machine; /* of the machine */
	guint64 memory;	 /* available bytes */
	guint64 disk;	 /* free bytes where stress-ng writes */
} StressMachineShare;

void
stress_step_free(StressStep *step);
guint
stress_step_count_cpus(const StressStep *step, const StressMachineShare *size);
gdouble
stress_step_get_target(const StressStep *step, const StressMachineShare *size);
gchar **
stress_step_build_arguments(const StressStep *step, const StressMachineShare *size, GError **error);
