/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

/* How long a workload may take to end by itself, in ms, and how long after vmfc has died. */
#define VMFC_CHILD_GUARD_TIMEOUT       500
#define VMFC_CHILD_GUARD_SHORT_TIMEOUT 200
/* The program's exit status when it could not be run, as in sh(1). */
#define VMFC_CHILD_GUARD_NOT_RUN 127

/*
 * VMFC_CHILD_GUARD_RUNNING: the program is about to be run
 * VMFC_CHILD_GUARD_STOPPED: it was stopped (SIGSTOP) and does not work
 * VMFC_CHILD_GUARD_CONTINUED: it continues after that
 * VMFC_CHILD_GUARD_DYING: it has ended by itself; the guard is ending its children
 * VMFC_CHILD_GUARD_ENDED: no process of it runs any more
 * VMFC_CHILD_GUARD_LEFT: a process still runs that the guard cannot find, or may not end because it
 * belongs to another user now
 */
typedef enum {
	VMFC_CHILD_GUARD_RUNNING,
	VMFC_CHILD_GUARD_STOPPED,
	VMFC_CHILD_GUARD_CONTINUED,
	VMFC_CHILD_GUARD_DYING,
	VMFC_CHILD_GUARD_ENDED,
	VMFC_CHILD_GUARD_LEFT,
} VmfcChildGuardEvent;

/* What a guard reports, one event after the other. */
typedef struct {
	VmfcChildGuardEvent event;
	gint status; /* the program's, as from waitpid(2), if it has ended */
} VmfcChildGuardNews;

/* What a guard runs. */
typedef struct {
	const gchar *const *argv;
	const gchar *folder; /* the guard makes it and removes it; NULL: our own folder */
	gint output;	     /* for all output of the program; negative: vmfc's own output */
	/* the guard writes VmfcChildGuardNews to it, and alone keeps it open until it ends */
	gint life;
} VmfcChildGuardOrder;

pid_t
vmfc_child_guard_start(const VmfcChildGuardOrder *order);
