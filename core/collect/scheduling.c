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

/* struct sched_attr of <linux/sched/types.h>, which conflicts with <sched.h>. */
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

/* The minimum of the kernel; a tick needs more CPU time than this. */
#define SLICE_NS      100000
#define RESET_ON_FORK 0x01 /* SCHED_FLAG_RESET_ON_FORK: child processes do not inherit it */
/* Maximum of the reserved CPU time per interval, in ns; never more than half of the interval. */
#define MAX_RESERVED 20000000
#define NS_PER_S     1000000000

/*
 * Requests a short time slice for the calling thread. When the thread wakes, the scheduler then
 * runs it before threads that compute all the time. Without this, ticks on busy CPUs would be late
 * by up to the slice of another thread, some ms. It needs no privilege. Kernels before 6.12 ignore
 * it: sched_setattr(2), and sched_runtime in Documentation/scheduler/sched-eevdf.rst.
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

	/* the user has chosen another policy, for example with chrt(1) */
	if (syscall(SYS_sched_getscheduler, 0) != SCHED_OTHER)
		return;
	if (syscall(SYS_sched_setattr, 0, &attributes, 0) < 0)
		g_info("the kernel does not grant a short time slice");
}

/*
 * Reserves CPU time for the calling thread (SCHED_DEADLINE). When it wakes, it runs at once, before
 * all other threads. The kernel limits it to the reserved part of each interval, so that it cannot
 * starve other threads: sched(7), Documentation/scheduler/sched-deadline.rst. Needs CAP_SYS_NICE.
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
			    "--realtime: the kernel reserves no CPU time for vmfc. This needs "
			    "CAP_SYS_NICE (run as root, or sudo setcap "
			    "cap_perfmon,cap_sys_nice+ep on the program), and all CPUs: not under "
			    "taskset or in a cpuset");
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "--realtime: the kernel reserves no CPU time for vmfc: %s",
			    errno == EBUSY ? "other programs have reserved too much"
					   : g_strerror(errno));
	return FALSE;
}
