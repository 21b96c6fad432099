/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/scheduling.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

/* As in <linux/sched/types.h>, which does not go together with <sched.h>. */
typedef struct {
	guint32 size;
	guint32 sched_policy;
	guint64 sched_flags;
	gint32 sched_nice;
	guint32 sched_priority;
	guint64 sched_runtime; /* ns */
	guint64 sched_deadline;
	guint64 sched_period;
} SchedAttributes;

/* Less than a tick takes of the CPU; the shortest that the kernel grants. */
#define SLICE_NS      100000
#define RESET_ON_FORK 0x01 /* SCHED_FLAG_RESET_ON_FORK: for this thread alone */
/* The most that is reserved of each interval, or of each second of a long one, in ns: half of it,
 * or this. */
#define MAX_RESERVED 20000000
#define NS_PER_S     1000000000

/*
 * Asks for a short time slice for the calling thread. The scheduler then lets it run sooner when it
 * wakes, before those that compute all the time, and no longer than before: where all CPUs are
 * busy ticks would else be late by up to a slice of somebody else, some ms. It takes no rights.
 * Kernels before 6.12 do not know it and leave everything as it is: sched_setattr(2), and
 * sched_runtime in Documentation/scheduler/sched-eevdf.rst.
 */
void
vmfc_scheduling_shorten(void)
{
	const SchedAttributes attributes = {
		.size = sizeof(attributes),
		.sched_flags = RESET_ON_FORK,
		.sched_nice = getpriority(PRIO_PROCESS, 0),
		.sched_runtime = SLICE_NS,
	};

	/* who has given us another policy, with chrt(1), wants that one */
	if (syscall(SYS_sched_getscheduler, 0) != SCHED_OTHER)
		return;
	if (syscall(SYS_sched_setattr, 0, &attributes, 0) < 0)
		g_info("the kernel grants no short time slice");
}

/*
 * Reserves CPU time for the calling thread (SCHED_DEADLINE): when it wakes it runs at once, before
 * whatever else wants the CPU. The kernel lets it have so much of each interval and not more, so
 * that it cannot starve anybody: sched(7), Documentation/scheduler/sched-deadline.rst. Needs
 * CAP_SYS_NICE.
 *
 * @interval: from tick to tick, in ns
 */
gboolean
vmfc_scheduling_reserve(gint64 interval, GError **error)
{
	guint64 period = (guint64)MIN(interval, NS_PER_S);
	const SchedAttributes attributes = {
		.size = sizeof(attributes),
		.sched_policy = SCHED_DEADLINE,
		.sched_flags = RESET_ON_FORK,
		.sched_runtime = MIN(period / 2, MAX_RESERVED),
		.sched_deadline = period,
		.sched_period = period,
	};

	if (syscall(SYS_sched_setattr, 0, &attributes, 0) == 0)
		return TRUE;
	if (errno == EPERM)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED,
			    "--realtime: the kernel reserves no CPU time for vmfc. It takes "
			    "CAP_SYS_NICE (run as root, or sudo setcap "
			    "cap_perfmon,cap_sys_nice+ep on the program), and all CPUs: not under "
			    "taskset or in a cpuset");
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "--realtime: the kernel reserves no CPU time for vmfc: %s",
			    errno == EBUSY ? "others have reserved too much" : g_strerror(errno));
	return FALSE;
}
