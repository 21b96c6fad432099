/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pmu-check.h"

#include <sched.h>
#include <sys/mman.h>

#include "group.h"

/*
 * Some hypervisors let vmfc open the events but count nothing, or almost nothing. So vmfc runs a
 * loop of known work and compares the minimum that it must cost with the counts.
 */
#define LOOPS	    1000000
#define GUESSES	    20000
#define FRESH_BYTES (512 * 1024)
#define ATTEMPTS    8
/* A cpu_set_t contains 1,024 CPUs, and the kernel refuses a set that is too small for its own. */
#define MANY_CPUS 16

/*
 * Minimum cost. A turn of the loop has one branch and two instructions, and no CPU runs more than a
 * few turns per cycle. Half of all predictions of random branches are wrong. Fresh memory misses
 * the caches. No CPU runs at 8 times its nominal frequency (4.8 GHz with one of 0.7 GHz have been
 * built).
 */
static const gdouble at_least[PERF_N_EVENTS] = {
	[PERF_CYCLES] = LOOPS / 8.0,
	[PERF_INSTRUCTIONS] = LOOPS,
	[PERF_CACHE_REFERENCES] = 16,
	[PERF_BRANCHES] = LOOPS / 2.0,
	[PERF_BRANCH_MISSES] = GUESSES / 100.0,
	[PERF_REF_CYCLES] = LOOPS / 64.0,
};

static void
spin(void)
{
	guint32 random = 2463534242u;
	volatile guint odd = 0;

	for (guint i = 0; i < LOOPS; i++)
		__asm__ volatile("" : : "r"(i));
	for (guint i = 0; i < GUESSES; i++) {
		random ^= random << 13;
		random ^= random >> 17;
		random ^= random << 5;
		if (random & 1) {
			__asm__ volatile("" ::: "memory"); /* the compiler must keep this branch */
			odd++;
		}
	}
	gchar *fresh = mmap(NULL, FRESH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	if (fresh == MAP_FAILED)
		return;
	for (guint i = 0; i < FRESH_BYTES; i += 64)
		((volatile gchar *)fresh)[i] = 1;
	munmap(fresh, FRESH_BYTES);
}

/* Returns: whether the group ran, so that @growth is valid */
static gboolean
measure_spin(const PerfGroup *group, PerfGrowth *growth)
{
	PerfReading before, after;

	/* several groups on few counters run only now and then */
	for (guint i = 0; i < ATTEMPTS; i++) {
		if (!perf_group_read(group, &before))
			return FALSE;
		spin();
		if (!perf_group_read(group, &after))
			return FALSE;
		*growth = perf_reading_subtract(&after, &before, group->n_events);
		if (growth->flaw == PERF_FLAW_NONE)
			return TRUE;
	}
	return FALSE;
}

static void
judge(PerfEvent events[PERF_N_EVENTS], const PerfGroup *group, const PerfGrowth *growth)
{
	for (guint i = 0; i < group->n_events; i++) {
		gdouble least = at_least[group->events[i]];
		if (!events[group->events[i]].is_default || growth->counts[i] >= least)
			continue;
		g_autofree gchar *reason = g_strdup_printf(
			"the PMU lies: a loop that needs at least %.0f %s counted %.0f", least,
			events[group->events[i]].name, growth->counts[i]);
		/*
		 * both sides of a ratio: a side that cannot be checked alone gets the flaw of the
		 * other
		 */
		for (guint j = 0; j < group->n_events; j++)
			perf_event_refuse(&events[group->events[j]], VMFC_STATE_IMPLAUSIBLE, reason,
					  "Configure the hypervisor to provide a working virtual "
					  "PMU, or ignore these columns");
		return;
	}
}

static void
check_group(PerfEvent events[PERF_N_EVENTS], const PerfEventId *ids, guint n_ids, guint cpu)
{
	PerfGroup group = {0};
	PerfGrowth growth;
	PerfEventId failed;

	for (guint i = 0; i < n_ids; i++) {
		if (events[ids[i]].state == VMFC_STATE_OK)
			group.events[group.n_events++] = ids[i];
	}
	if (group.n_events == 0 || !perf_group_open(&group, events, cpu, &failed))
		return;
	if (measure_spin(&group, &growth))
		judge(events, &group, &growth);
	perf_group_close(&group);
}

/*
 * Runs the loop on the current CPU and marks the events whose counts are wrong. The reference
 * cycles are in a separate group here: their counts do not affect the others.
 */
void
perf_pmu_check(PerfEvent events[PERF_N_EVENTS], const PerfEventId (*groups)[PERF_PAIR],
	       guint n_groups)
{
	static const PerfEventId extra = PERF_REF_CYCLES;
	cpu_set_t allowed[MANY_CPUS], here[MANY_CPUS];
	gint cpu = sched_getcpu();

	if (cpu < 0 || sched_getaffinity(0, sizeof(allowed), allowed) < 0)
		return;
	CPU_ZERO_S(sizeof(here), here);
	CPU_SET_S((gsize)cpu, sizeof(here), here);
	if (sched_setaffinity(0, sizeof(here), here) < 0)
		return;
	for (guint i = 0; i < n_groups; i++)
		check_group(events, groups[i], PERF_PAIR, (guint)cpu);
	check_group(events, &extra, 1, (guint)cpu);
	sched_setaffinity(0, sizeof(allowed), allowed);
}
