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
/* The program's exit status when it could not be run, as in sh(1). */
#define VMFC_GUARD_NOT_RUN 127

/*
 * VMFC_GUARD_RUNNING: the program is about to be run
 * VMFC_GUARD_STOPPED: it was stopped (SIGSTOP) and does not work
 * VMFC_GUARD_CONTINUED: it goes on after that
 * VMFC_GUARD_DYING: it has ended unasked; the rest is being looked after
 * VMFC_GUARD_ENDED: nothing runs any more
 * VMFC_GUARD_LEFT: something goes on that the guard may not end, because it has become another
 * user's, or cannot find
 */
typedef enum {
	VMFC_GUARD_RUNNING,
	VMFC_GUARD_STOPPED,
	VMFC_GUARD_CONTINUED,
	VMFC_GUARD_DYING,
	VMFC_GUARD_ENDED,
	VMFC_GUARD_LEFT,
} VmfcGuardEvent;

/* What a guard tells, one after the other. */
typedef struct {
	VmfcGuardEvent event;
	gint status; /* of the program, as from waitpid(2); where it has ended */
} VmfcGuardNews;

/* What a guard is to run. */
typedef struct {
	const gchar *const *argv;
	const gchar *folder; /* where it runs, made and removed for it; NULL: where we are */
	gint output;	     /* for all that the program prints; negative: where ours goes */
	/* where it writes VmfcGuardNews; the guard alone keeps it open, until all is over */
	gint life;
} VmfcGuardOrder;

pid_t
vmfc_guard_start(const VmfcGuardOrder *order);
