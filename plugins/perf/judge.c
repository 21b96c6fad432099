/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "judge.h"

#include <math.h>

/*
 * Checks whether the counts of a group on one CPU in one window are plausible. An event that the
 * user chose can be anything, so only the coarsest limit applies to it.
 *
 * Every CPU works in every window, because reading a counter is work. The kernel reads the counter
 * of another CPU in an interrupt on that CPU (perf_event_read() in kernel/events/core.c), and that
 * of our own CPU in a system call. So between two readings each CPU has left the kernel's reading
 * and entered it again: some hundred instructions, even if it is idle for the rest of the window.
 * The default events include the kernel. /proc/stat, in steps of 10 ms, does not contain such work,
 * and shows a CPU as idle that is interrupted a hundred times a second.
 */

/*
 * In a shorter time a group may not have counted at all: a counter starts some µs after its time.
 * The same time is allowed for when a rate is checked.
 */
#define SHORT_NS 10000.0

/*
 * Maximum per ns. No CPU runs at 10 GHz (records, under liquid helium, are near 9.1). The widest
 * CPUs retire about 10 instructions per cycle (Apple M4, Arm X925), with at most 4 branches and 8
 * accesses to memory, which Arm's PMU counts as cache references. An event of the user may count
 * several things per cycle, as entries of a queue: 100 of them.
 */
static const gdouble most_per_ns[PERF_N_EVENTS] = {
	[PERF_CYCLES] = 10,	  [PERF_INSTRUCTIONS] = 160, [PERF_CACHE_REFERENCES] = 80,
	[PERF_CACHE_MISSES] = 80, [PERF_BRANCHES] = 40,	     [PERF_BRANCH_MISSES] = 40,
	[PERF_REF_CYCLES] = 10,
};
#define MAX_OF_OTHERS_PER_NS 1000

/*
 * Instructions to cycles, misses to accesses. The two are read one after the other while they
 * count: some hundred events happen in between.
 */
static const gdouble most_per_whole[PERF_N_EVENTS] = {
	[PERF_INSTRUCTIONS] = 16,
	[PERF_CACHE_MISSES] = 1,
	[PERF_BRANCH_MISSES] = 1,
};
#define BETWEEN_READS 1000
#define TOLERANCE     1.01

/*
 * Maximum work until an event has changed; 0: it changes in every window. For cache references the
 * work is cycles of the CPU; for misses it is accesses or branches. Reference cycles come from a
 * clock that may be slower than the CPU's: with 1 MHz one step is some thousand cycles. A program
 * that stays in the caches and in its loops can work long without these events. The kernel cannot:
 * its timers and interrupts come from other code and other CPUs several times a second.
 */
static const gdouble most_work_without[PERF_N_EVENTS] = {
	[PERF_CACHE_REFERENCES] = 5e8,
	[PERF_CACHE_MISSES] = 1e8,
	[PERF_BRANCH_MISSES] = 5e8,
	[PERF_REF_CYCLES] = 1e5,
};

static gboolean
is_ours(const PerfEvent *events, PerfEventId id)
{
	return perf_event_is_hardware(id) && events[id].is_default;
}

static gboolean
is_fast(const PerfGroup *group, const PerfEvent *events, const PerfGrowth *growth, guint i)
{
	PerfEventId id = group->events[i];
	gdouble most = is_ours(events, id) ? most_per_ns[id] : MAX_OF_OTHERS_PER_NS;
	return growth->raw[i] > most * (growth->running + SHORT_NS);
}

/*
 * The work in the window after which the event should have changed: without limit if a counter of
 * the same group stands still.
 *
 * @cpu_cycles: see perf_judge_cycles()
 */
static gdouble
take_work(const PerfGroup *group, const PerfEvent *events, const PerfGrowth *growth,
	  gdouble cpu_cycles, guint i)
{
	if (i == 0 || !is_ours(events, group->events[0]))
		return cpu_cycles * growth->running_ratio;
	return group->still[0] ? INFINITY : growth->raw[0];
}

static gboolean
stands_still(PerfGroup *group, const PerfEvent *events, const PerfGrowth *growth,
	     gdouble cpu_cycles, guint i)
{
	PerfEventId id = group->events[i];

	if (growth->raw[i] > 0 || growth->flaws[i] != PERF_FLAW_NONE || !is_ours(events, id)) {
		group->work_without[i] = 0;
		return FALSE;
	}
	group->work_without[i] += take_work(group, events, growth, cpu_cycles, i);
	return group->work_without[i] >= most_work_without[id] && growth->running >= SHORT_NS;
}

/* Compares the two counts of a pair, each of which is plausible alone. */
static gboolean
contradict_each_other(const PerfGroup *group, const PerfEvent *events, const PerfGrowth *growth)
{
	if (group->n_events < PERF_PAIR || most_per_whole[group->events[1]] == 0 ||
	    !is_ours(events, group->events[0]) || !is_ours(events, group->events[1]))
		return FALSE;
	for (guint i = 0; i < PERF_PAIR; i++) {
		if (growth->flaws[i] != PERF_FLAW_NONE && growth->flaws[i] != PERF_FLAW_STILL)
			return FALSE;
	}
	gdouble most = most_per_whole[group->events[1]] * growth->raw[0];
	return growth->raw[1] > most * TOLERANCE + BETWEEN_READS;
}

/*
 * Sets the flaws of a @growth whose times have none. A count that is wrong by itself is missing
 * alone; of two that contradict each other both are missing.
 */
void
perf_judge(PerfGroup *group, const PerfEvent events[PERF_N_EVENTS], PerfGrowth *growth,
	   gdouble cpu_cycles)
{
	if (growth->flaw != PERF_FLAW_NONE)
		return;
	for (guint i = 0; i < group->n_events; i++) {
		gboolean still = stands_still(group, events, growth, cpu_cycles, i);
		if (is_fast(group, events, growth, i))
			growth->flaws[i] = PERF_FLAW_FAST;
		/* also if it has changed again: it is not known when in this window it started */
		else if (still || group->still[i])
			growth->flaws[i] = MAX(growth->flaws[i], PERF_FLAW_STILL);
		group->still[i] = still;
	}
	if (!contradict_each_other(group, events, growth))
		return;
	for (guint i = 0; i < PERF_PAIR; i++)
		growth->flaws[i] = growth->flaws[i] == PERF_FLAW_NONE ? PERF_FLAW_PART
								      : growth->flaws[i];
}

/*
 * How much a CPU has worked in the window, according to the checked first of its groups: without
 * limit if its cycles stand still, because other counters that stand still are then just as faulty.
 *
 * Returns: cycles; 0 when they are not known
 */
gdouble
perf_judge_cycles(const PerfGroup *group, const PerfEvent events[PERF_N_EVENTS],
		  const PerfGrowth *growth)
{
	if (group->events[0] != PERF_CYCLES || !is_ours(events, PERF_CYCLES))
		return 0;
	if (group->still[0])
		return INFINITY;
	return growth->flaws[0] == PERF_FLAW_NONE ? growth->counts[0] : 0;
}
