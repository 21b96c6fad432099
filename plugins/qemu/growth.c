/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Checks that CPU time is plausible: it never goes back, and grows by no more than the CPUs can
 * give.
 */

#include "growth.h"

/*
 * CPU time has a separate clock, which NTP does not slew, and is read thread by thread. It may grow
 * by this much more than all CPUs could give.
 */
#define MARGIN 1.01
#define SLACK  1e6 /* ns, of each CPU */

/* @most: ns. Returns: (nullable): what is wrong with a growth */
static const RaplWhy *
judge(gint64 before, gint64 after, gdouble most)
{
	static const RaplWhy went_backwards = {
		VMFC_STATE_IMPLAUSIBLE,
		(gchar *)"the CPU time of the VM's process went backwards",
		NULL,
	};
	static const RaplWhy too_much = {
		VMFC_STATE_IMPLAUSIBLE,
		(gchar *)"the CPU time of the VM's process grew by more than the host's CPUs can "
			 "give",
		NULL,
	};

	if (after < before)
		return &went_backwards;
	return (gdouble)(after - before) > most ? &too_much : NULL;
}

/*
 * @n_cpus: of the host, online
 * @before: before the process was read, CLOCK_MONOTONIC, ns
 * @after: after the process was read
 * @vcpu_why: (out) (nullable): what is wrong with the time of its vCPUs
 *
 * Returns: (nullable): what is wrong with its CPU time
 */
const RaplWhy *
growth_judge(Growth *growth, const QemuTimes *times, guint n_cpus, gint64 before, gint64 after,
	     const RaplWhy **vcpu_why)
{
	Growth last = *growth;
	gdouble span = (gdouble)(after - last.time) * MARGIN + SLACK;
	guint most_cpus = MAX(last.n_cpus, n_cpus);

	*growth = (Growth){before, times->cpu, times->vcpu, n_cpus};
	*vcpu_why = NULL;
	if (last.time == 0)
		return NULL;
	if (times->vcpu >= 0 && last.vcpu >= 0 && !times->vcpus_changed)
		*vcpu_why = judge(last.vcpu, times->vcpu,
				  span * MIN(most_cpus, times->n_vcpus) +
					  (gdouble)times->vcpu_slack);
	return judge(last.cpu, times->cpu, span * most_cpus + (gdouble)times->cpu_slack);
}
