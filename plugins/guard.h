/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

/* How long a workload may take to end by itself, in ms; and when vmfc has died. */
#define VMFC_GUARD_PATIENCE 500
#define VMFC_GUARD_HURRY    200
/* The guard's exit status when its program could not be run, as in sh(1). */
#define VMFC_GUARD_NOT_RUN 127
/* Above: the number of the signal that has killed the program, likewise. */
#define VMFC_GUARD_KILLED 128

/* What a guard is to run. */
typedef struct {
	const gchar *const *argv;
	const gchar *folder; /* where it runs, removed with all that is in it; NULL: where we are */
	gint output;	     /* for all that the program prints; negative: where ours goes */
	/* the guard alone keeps it open, until nothing runs any more; when the program ends unasked
	 * it writes a byte there before it looks after the rest */
	gint life;
} VmfcGuardOrder;

pid_t
vmfc_guard_start(const VmfcGuardOrder *order);
