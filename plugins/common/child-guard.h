/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

/* How long a workload may take to end by itself, in ms; and when vmfc has died. */
#define VMFC_CHILD_GUARD_TIMEOUT 500
#define VMFC_CHILD_GUARD_HURRY	 200
/* The program's exit status when it could not be run, as in sh(1). */
#define VMFC_CHILD_GUARD_NOT_RUN 127

/*
 * VMFC_CHILD_GUARD_RUNNING: the program is about to be run
 * VMFC_CHILD_GUARD_STOPPED: it was stopped (SIGSTOP) and does not work
 * VMFC_CHILD_GUARD_CONTINUED: it goes on after that
 * VMFC_CHILD_GUARD_DYING: it has ended unasked; the rest is being looked after
 * VMFC_CHILD_GUARD_ENDED: nothing runs any more
 * VMFC_CHILD_GUARD_LEFT: something goes on that the guard may not end, because it has become
 * another user's, or cannot find
 */
typedef enum {
	VMFC_CHILD_GUARD_RUNNING,
	VMFC_CHILD_GUARD_STOPPED,
	VMFC_CHILD_GUARD_CONTINUED,
	VMFC_CHILD_GUARD_DYING,
	VMFC_CHILD_GUARD_ENDED,
	VMFC_CHILD_GUARD_LEFT,
} VmfcChildGuardEvent;

/* What a guard tells, one after the other. */
typedef struct {
	VmfcChildGuardEvent event;
	gint status; /* of the program, as from waitpid(2); where it has ended */
} VmfcChildGuardNews;

/* What a guard is to run. */
typedef struct {
	const gchar *const *argv;
	const gchar *folder; /* where it runs, made and removed for it; NULL: where we are */
	gint output;	     /* for all that the program prints; negative: where ours goes */
	/* where it writes VmfcChildGuardNews; the guard alone keeps it open, until all is over */
	gint life;
} VmfcChildGuardOrder;

pid_t
vmfc_child_guard_start(const VmfcChildGuardOrder *order);
