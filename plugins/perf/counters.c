/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "counters.h"

#include <errno.h>
#include <math.h>
#include <sys/resource.h>
#include <unistd.h>

#include "judge.h"

/* File descriptors of the program besides those of the events. */
#define OTHER_FILES 64
/*
 * After a missing CPU each of the first readings tries to open the events again, later ones seldom.
 * Opening costs more than a reading, and adding or removing a CPU takes few readings.
 */
#define PROMPT_ATTEMPTS 8
#define LATER_ATTEMPTS	64
/* With multiplexed events each group has turns of 1 to 10 ms (perf_event_mux_interval_ms). */
#define WAIT_US 4000
/* After this time any working counter has changed, and is checked. */
#define PAUSE_US 100
/*
 * Time that a group may miss of a window before it counts as multiplexed. When another user starts
 * to count, the kernel schedules all events of a CPU again, and the times of a group are taken some
 * µs apart.
 */
#define MIN_WAIT_NS    10000.0
#define MIN_WAIT_SHARE 0.01
/* Maximum time between two turns: groups change every 1 to 10 ms. */
#define NO_TURN_NS 2e8

#define CROWDED                                                                                    \
	"not counted: others use the hardware counter that it needs, and cycles and "              \
	"instructions, which are counted together with it, would have to wait for it"
#define CROWDED_REMEDY                                                                             \
	"Stop other programs that count or profile, or switch the NMI watchdog off (sudo sysctl "  \
	"kernel.nmi_watchdog=0), and restart vmfc"

/*
 * The reference cycles join the group of cycles and instructions, so that they need no further
 * reading and cover the same time. They must never cost the others anything: a group counts as a
 * whole or not at all.
 */
static void
add_extra(PerfCounters *counters)
{
	PerfEvent *extra = &counters->events[PERF_REF_CYCLES];
	const PerfEvent *cycles = &counters->events[PERF_CYCLES];
	PerfGroup *shape = &counters->shape[0];

	if (extra->state != VMFC_STATE_OK)
		return;
	if (counters->n_groups > 0 && shape->events[0] <= PERF_INSTRUCTIONS)
		shape->events[shape->n_events++] = PERF_REF_CYCLES;
	else
		perf_event_refuse(extra, cycles->state, cycles->reason, cycles->remedy);
}

/* The events' states decide which of the @groups can be counted. */
void
perf_counters_init(PerfCounters *counters, PerfEvent events[PERF_N_EVENTS],
		   const PerfEventId (*groups)[PERF_PAIR], guint n_groups)
{
	counters->events = events;
	counters->groups = g_array_new(FALSE, TRUE, sizeof(PerfGroup));
	counters->takes_turns = TRUE;
	for (guint i = 0; i < n_groups; i++) {
		PerfGroup *shape = &counters->shape[counters->n_groups];
		for (guint j = 0; j < PERF_PAIR; j++) {
			const PerfEvent *event = &events[groups[i][j]];
			if (event->state == VMFC_STATE_OK && perf_event_is_named(event))
				shape->events[shape->n_events++] = groups[i][j];
		}
		if (shape->n_events > 0)
			counters->n_groups++;
	}
	add_extra(counters);
}

void
perf_counters_close(PerfCounters *counters)
{
	for (guint i = 0; i < counters->groups->len; i++)
		perf_group_close(&g_array_index(counters->groups, PerfGroup, i));
	g_array_set_size(counters->groups, 0);
}

void
perf_counters_clear(PerfCounters *counters)
{
	if (counters->groups == NULL)
		return;
	perf_counters_close(counters);
	g_array_unref(counters->groups);
}

/* The default limit of a process may be lower than a file for each event and CPU. */
static void
raise_file_limit(rlim_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = MIN(wanted, limit.rlim_max);
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* An event that is not available on every CPU is not counted: a partial sum would be wrong. */
static void
drop_event(PerfCounters *counters, PerfEventId id, gint failure)
{
	perf_event_refuse_on_a_cpu(&counters->events[id], failure);
	for (guint i = 0; i < counters->n_groups; i++) {
		PerfGroup *shape = &counters->shape[i];
		guint n_left = 0;
		for (guint j = 0; j < shape->n_events; j++) {
			if (shape->events[j] != id)
				shape->events[n_left++] = shape->events[j];
		}
		shape->n_events = n_left;
		if (n_left == 0)
			*shape = counters->shape[--counters->n_groups];
	}
}

/* Opens the first @n_groups groups on all of @cpus, and none of them if one fails. */
static gboolean
open_all(PerfCounters *counters, guint n_groups, PerfEventId *failed)
{
	perf_counters_close(counters);
	raise_file_limit((rlim_t)counters->cpus->len * PERF_N_EVENTS + OTHER_FILES);
	for (guint i = 0; i < counters->cpus->len; i++) {
		for (guint j = 0; j < n_groups; j++) {
			PerfGroup group = counters->shape[j];
			guint cpu = g_array_index(counters->cpus, guint, i);
			if (!perf_group_open(&group, counters->events, cpu, failed)) {
				gint failure = errno;
				perf_counters_close(counters);
				errno = failure;
				return FALSE;
			}
			perf_group_read(&group, &group.last);
			g_array_append_val(counters->groups, group);
		}
	}
	return TRUE;
}

static gboolean
ends_with_extra(const PerfGroup *group)
{
	return group->n_events > 1 && group->events[group->n_events - 1] == PERF_REF_CYCLES;
}

static gboolean
has_extra(const PerfCounters *counters)
{
	return counters->n_groups > 0 && ends_with_extra(&counters->shape[0]);
}

/*
 * Removes the reference cycles from their groups. The counts of the others continue: the kernel
 * removes a closed member from its group (perf_group_detach() in kernel/events/core.c).
 */
static void
leave_extra_out(PerfCounters *counters)
{
	for (guint i = 0; i < counters->groups->len; i++) {
		PerfGroup *group = &g_array_index(counters->groups, PerfGroup, i);
		if (ends_with_extra(group))
			close(group->fds[--group->n_events]);
	}
	counters->shape[0].n_events--;
	perf_event_refuse(&counters->events[PERF_REF_CYCLES], VMFC_STATE_UNSUPPORTED, CROWDED,
			  CROWDED_REMEDY);
}

static gboolean
has_waited(const PerfGrowth *growth)
{
	gdouble enabled = growth->running + growth->waiting;
	return growth->waiting > MIN_WAIT_NS + MIN_WAIT_SHARE * enabled;
}

/* Whether the first group, while it is alone, has no counters on some CPU. */
static gboolean
waits_alone(PerfCounters *counters)
{
	PerfEventId failed;
	gboolean waits = FALSE;

	if (!open_all(counters, 1, &failed))
		return FALSE;
	g_usleep(PAUSE_US);
	for (guint i = 0; i < counters->groups->len; i++) {
		PerfGroup *group = &g_array_index(counters->groups, PerfGroup, i);
		PerfReading now;
		if (!perf_group_read(group, &now))
			continue;
		PerfGrowth growth = perf_reading_subtract(&now, &group->last, group->n_events);
		waits |= has_waited(&growth);
	}
	perf_counters_close(counters);
	return waits;
}

/*
 * Another program or the watchdog may use the only counter for the reference cycles on some CPU.
 * That is known before the run begins when the group gets no counter with them, but gets one
 * without them.
 */
static void
try_extra(PerfCounters *counters)
{
	if (!has_extra(counters) || !waits_alone(counters))
		return;
	counters->shape[0].n_events--;
	gboolean waits_without = waits_alone(counters);
	counters->shape[0].n_events++;
	if (!waits_without)
		leave_extra_out(counters);
}

/*
 * Which event to remove when @failed cannot be opened: when all lack a resource (file descriptors,
 * memory), that is the extra one.
 */
static PerfEventId
choose_loss(const PerfCounters *counters, PerfEventId failed, gint failure)
{
	return has_extra(counters) && !perf_event_is_absent(failure) ? PERF_REF_CYCLES : failed;
}

/* Opens all groups on all of @cpus, and removes the events that some CPU lacks. */
void
perf_counters_open_first(PerfCounters *counters)
{
	PerfEventId failed;

	try_extra(counters);
	while (counters->n_groups > 0 && !open_all(counters, counters->n_groups, &failed)) {
		gint failure = errno;
		drop_event(counters, choose_loss(counters, failed, failure), failure);
	}
}

/*
 * Opens all groups on all of @cpus again, if necessary without the reference cycles.
 *
 * Returns: whether that succeeded; if not, none is open
 */
gboolean
perf_counters_open(PerfCounters *counters)
{
	PerfEventId failed;

	if (open_all(counters, counters->n_groups, &failed))
		return TRUE;
	gint failure = errno;
	if (!has_extra(counters) || choose_loss(counters, failed, failure) != PERF_REF_CYCLES)
		return FALSE;
	drop_event(counters, PERF_REF_CYCLES, failure);
	return open_all(counters, counters->n_groups, &failed);
}

static gboolean
is_hardware(const PerfGroup *group)
{
	return perf_event_is_hardware(group->events[0]);
}

/* A group that was opened again must not count as one that never got a counter. */
static PerfFlaw
take_flaw(const PerfCounters *counters, PerfEventId id, PerfFlaw flaw)
{
	return flaw == PERF_FLAW_NO_COUNTER && counters->totals[id] != 0 ? PERF_FLAW_NO_TURN : flaw;
}

static void
add_growth(const PerfCounters *counters, const PerfGroup *group, const PerfGrowth *growth,
	   PerfWindow *window)
{
	for (guint i = 0; i < group->n_events; i++) {
		PerfEventId id = group->events[i];
		window->flaws[id] = MAX(window->flaws[id],
					take_flaw(counters, id, growth->flaws[i]));
		window->growth[id] += growth->counts[i];
		window->multiplexed[id] |= growth->running_ratio > 0 && growth->running_ratio < 1;
	}
	if (!is_hardware(group))
		return;
	window->has_hardware = TRUE;
	window->running_ratio = MIN(window->running_ratio, growth->running_ratio);
	if (growth->flaw == PERF_FLAW_AWAY || growth->flaw == PERF_FLAW_TIMES)
		window->times = MAX(window->times, growth->flaw);
}

/* Whole events; a total that exceeds the range starts again. */
static void
add_to_totals(PerfCounters *counters, PerfWindow *window)
{
	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		if (window->flaws[i] != PERF_FLAW_NONE ||
		    !__builtin_add_overflow(counters->totals[i], llround(window->growth[i]),
					    &counters->totals[i]))
			continue;
		counters->totals[i] = 0;
		window->flaws[i] = PERF_FLAW_BACKWARDS;
	}
}

/* Makes the growth of all events missing in a window. */
void
perf_counters_lose(const PerfCounters *counters, PerfWindow *window, PerfFlaw flaw)
{
	for (guint i = 0; i < counters->n_groups; i++) {
		const PerfGroup *shape = &counters->shape[i];
		for (guint j = 0; j < shape->n_events; j++)
			window->flaws[shape->events[j]] = flaw;
		window->has_hardware |= is_hardware(shape);
	}
	window->times = flaw;
}

static PerfGrowth
read_group(PerfGroup *group, PerfWindow *window)
{
	PerfGrowth growth = {0};
	PerfReading now;

	if (!perf_group_read(group, &now)) {
		perf_growth_lose(&growth, PERF_FLAW_AWAY);
	} else {
		growth = perf_reading_subtract(&now, &group->last, group->n_events);
		group->last = now;
	}
	window->cpu_lost |= growth.flaw == PERF_FLAW_AWAY;
	return growth;
}

/*
 * Whether the reference cycles are the reason why their group has no counter: it had all counters
 * so far. When groups were multiplexed from the start, only if its turn does not come any more.
 */
static gboolean
is_crowded(const PerfCounters *counters, PerfGroup *group, const PerfGrowth *growth)
{
	if (!ends_with_extra(group) || group->last.running == 0)
		return FALSE;
	group->waited = growth->running > 0 ? 0 : group->waited + growth->waiting;
	return group->waited >= NO_TURN_NS || (!counters->takes_turns && has_waited(growth));
}

/* Reads all groups, one after the other, and adds their counts to the totals. */
void
perf_counters_read(PerfCounters *counters, PerfWindow *window)
{
	gdouble cpu_cycles = 0;

	*window = (PerfWindow){.running_ratio = 1};
	/* a CPU was being added or removed when the groups were opened */
	window->cpu_lost = counters->groups->len == 0 && counters->n_groups > 0;
	if (window->cpu_lost)
		perf_counters_lose(counters, window, PERF_FLAW_CLOSED);
	for (guint i = 0; i < counters->groups->len; i++) {
		PerfGroup *group = &g_array_index(counters->groups, PerfGroup, i);
		PerfGrowth growth = read_group(group, window);
		perf_judge(group, counters->events, &growth, cpu_cycles);
		/* the first group of each CPU has them, if any does */
		if (i % counters->n_groups == 0)
			cpu_cycles = perf_judge_cycles(group, counters->events, &growth);
		add_growth(counters, group, &growth, window);
		window->has_waited |= has_waited(&growth);
		window->is_crowded |= is_crowded(counters, group, &growth);
	}
	if (window->is_crowded)
		leave_extra_out(counters);
	add_to_totals(counters, window);
	counters->n_lost = window->cpu_lost ? counters->n_lost + 1 : 0;
}

/* Whether a CPU is missing and it is time to open the groups of all CPUs again. */
gboolean
perf_counters_should_reopen(const PerfCounters *counters)
{
	return counters->n_lost > 0 &&
	       (counters->n_lost <= PROMPT_ATTEMPTS || counters->n_lost % LATER_ATTEMPTS == 0);
}

static gboolean
all_have_run(const PerfCounters *counters)
{
	gboolean all = TRUE;

	for (guint i = 0; i < counters->groups->len; i++)
		all &= g_array_index(counters->groups, PerfGroup, i).last.running > 0;
	return all;
}

/*
 * First reading of newly opened events, so that the run begins with the knowledge of which events
 * never count. When events are multiplexed it waits for their turns, but not for long.
 */
void
perf_counters_wait(PerfCounters *counters, PerfWindow *window, guint n_waits)
{
	if (counters->groups->len > 0)
		g_usleep(PAUSE_US);
	perf_counters_read(counters, window);
	gboolean takes_turns = window->has_waited;
	for (guint i = 0; i < n_waits && !all_have_run(counters); i++) {
		g_usleep(WAIT_US);
		perf_counters_read(counters, window);
		takes_turns |= window->has_waited;
	}
	counters->takes_turns = takes_turns;
}
