/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "flaw.h"

#define FREE_COUNTERS                                                                              \
	"Free the counters that others use: stop other programs that count or profile, switch "    \
	"the NMI watchdog off (sudo sysctl kernel.nmi_watchdog=0), or configure the hypervisor "   \
	"to provide a virtual PMU with more counters"
#define WORKING_PMU                                                                                \
	"Configure the hypervisor to provide a working virtual PMU, or ignore these columns"

static const PerfFlawText texts[PERF_N_FLAWS] = {
	[PERF_FLAW_NONE] = {VMFC_STATE_OK, NULL, NULL},
	[PERF_FLAW_NO_TURN] =
		{VMFC_STATE_UNSUPPORTED,
		 "not counted: a CPU had no free hardware counter for it in the window",
		 FREE_COUNTERS ". Longer windows help when events are multiplexed"},
	[PERF_FLAW_NO_COUNTER] = {VMFC_STATE_UNSUPPORTED,
				  "not counted: a CPU never had a free hardware counter for it",
				  FREE_COUNTERS},
	[PERF_FLAW_AWAY] = {VMFC_STATE_UNSUPPORTED,
			    "the counters of a CPU were unavailable in the window: the CPU was "
			    "added or removed, or its events were stopped",
			    NULL},
	[PERF_FLAW_CLOSED] = {VMFC_STATE_UNSUPPORTED,
			      "the events cannot be opened on all CPUs that are online now", NULL},
	[PERF_FLAW_BACKWARDS] = {VMFC_STATE_IMPLAUSIBLE,
				 "the PMU lies: the counter of a CPU went backwards", WORKING_PMU},
	[PERF_FLAW_TIMES] = {VMFC_STATE_IMPLAUSIBLE,
			     "the PMU lies: on a CPU its time running went backwards or grew "
			     "by more than its time enabled",
			     WORKING_PMU},
	[PERF_FLAW_STILL] = {VMFC_STATE_IMPLAUSIBLE,
			     "the PMU lies: a counter stood still on a CPU that worked",
			     WORKING_PMU},
	[PERF_FLAW_PART] = {VMFC_STATE_IMPLAUSIBLE,
			    "the PMU lies: its counters contradict each other (more misses "
			    "than accesses, or more instructions than the cycles allow)",
			    WORKING_PMU},
	[PERF_FLAW_FAST] = {VMFC_STATE_IMPLAUSIBLE,
			    "the PMU lies: a counter grew faster than a CPU at 10 GHz can count",
			    WORKING_PMU},
	/* not a fault: such a value does not exist */
	[PERF_FLAW_DENOMINATOR] = {VMFC_STATE_OK, "its denominator is 0 in the window", NULL},
	/* the core reports this one itself */
	[PERF_FLAW_NO_START] = {VMFC_STATE_OK, NULL, NULL},
};

const PerfFlawText *
perf_flaw_get_text(PerfFlaw flaw)
{
	return &texts[flaw];
}
