/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which events are counted: what the kernel refuses, and what a known loop shows to be wrong. */

#include "perf/pmu-check.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "count-entries.h"
#include "perf-fakes.h"

#define N_GROUPS 3

/* In place of the kernel and of its groups, see meson.build. */
static struct {
	gint failures[PERF_N_EVENTS]; /* errno when the event is opened; 0: none */
	gboolean is_crowded;	      /* the reference cycles fit into no group */
	gdouble counts[PERF_N_EVENTS];
	guint n_flawed; /* so many measurements of a group are of no use */
	gboolean is_unreadable;
	gboolean is_end; /* the next reading is the one after the loop */
	guint n_loops;	 /* of the group */
	guint n_open;	 /* groups */
	guint cpu;
} kernel;

/* perf_event_open(2) */
long
__wrap_syscall(long number, ...)
{
	va_list arguments;

	va_start(arguments, number);
	PerfOpenCall call = perf_open_call_read(number, arguments);
	va_end(arguments);
	g_assert_cmpint(call.cpu, ==, 3);
	errno = kernel.failures[call.attr->config];
	if (errno == 0 && kernel.is_crowded && call.attr->config == PERF_REF_CYCLES &&
	    call.leader >= 0)
		errno = EINVAL;
	return errno != 0 ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

gboolean
__wrap_perf_group_open(PerfGroup *group, G_GNUC_UNUSED PerfEvent events[PERF_N_EVENTS], guint cpu,
		       PerfEventId *failed)
{
	*failed = group->events[0];
	if (kernel.failures[group->events[0]] != 0)
		return FALSE;
	kernel.n_open++;
	kernel.cpu = cpu;
	kernel.is_end = FALSE;
	kernel.n_loops = 0;
	return TRUE;
}

void
__wrap_perf_group_close(G_GNUC_UNUSED PerfGroup *group)
{
	kernel.n_open--;
}

gboolean
__wrap_perf_group_read(const PerfGroup *group, PerfReading *reading)
{
	guint64 now = kernel.is_end ? 2000000 : 1000000;
	cpu_set_t here[16];

	/* the loop runs where its events are counted */
	g_assert_cmpint(sched_getaffinity(0, sizeof(here), here), ==, 0);
	g_assert_cmpint(CPU_COUNT_S(sizeof(here), here), ==, 1);
	g_assert_true(CPU_ISSET_S(kernel.cpu, sizeof(here), here));
	*reading = (PerfReading){group->n_events, now, now, {0}};
	if (kernel.is_end) {
		kernel.n_loops++;
		for (guint i = 0; i < group->n_events; i++)
			reading->values[i] = (guint64)kernel.counts[group->events[i]];
		if (kernel.n_loops <= kernel.n_flawed)
			reading->running = 1000000; /* others had the counters */
	}
	kernel.is_end = !kernel.is_end;
	return !kernel.is_unreadable;
}

/* ----------------------------------------------------------------- tests */

static void
init_events(PerfEvent events[PERF_N_EVENTS])
{
	memset(&kernel, 0, sizeof(kernel));
	perf_fakes_init_events(events);
	for (guint i = 0; i < PERF_N_EVENTS; i++)
		kernel.counts[i] = 1e9;
}

static void
check(PerfEvent events[PERF_N_EVENTS])
{
	static const PerfEventId groups[N_GROUPS][PERF_PAIR] = {
		{PERF_CYCLES, PERF_INSTRUCTIONS},
		{PERF_CACHE_REFERENCES, PERF_CACHE_MISSES},
		{PERF_BRANCHES, PERF_BRANCH_MISSES},
	};
	cpu_set_t before[16], after[16];

	g_assert_cmpint(sched_getaffinity(0, sizeof(before), before), ==, 0);
	perf_pmu_check(events, groups, N_GROUPS);
	g_assert_cmpint(sched_getaffinity(0, sizeof(after), after), ==, 0);
	g_assert_true(CPU_EQUAL_S(sizeof(after), before, after));
	g_assert_cmpuint(kernel.n_open, ==, 0);
}

/* The loop costs at least so much; a count below that is wrong, and with it the other of its pair.
 */
static void
test_least(void)
{
	static const struct {
		PerfEventId id;
		gdouble least;
		PerfEventId other;
	} cases[] = {
		{PERF_CYCLES, 125000, PERF_INSTRUCTIONS},
		{PERF_INSTRUCTIONS, 1000000, PERF_CYCLES},
		{PERF_CACHE_REFERENCES, 16, PERF_CACHE_MISSES},
		{PERF_BRANCHES, 500000, PERF_BRANCH_MISSES},
		{PERF_BRANCH_MISSES, 200, PERF_BRANCHES},
		{PERF_REF_CYCLES, 15625, PERF_REF_CYCLES},
	};

	for (guint i = 0; i < 3 * G_N_ELEMENTS(cases); i++) {
		PerfEvent events[PERF_N_EVENTS];
		PerfEventId id = cases[i / 3].id;
		gboolean is_wrong = i % 3 == 1;
		init_events(events);
		kernel.counts[id] = cases[i / 3].least - (i % 3 != 0);
		events[id].is_default = i % 3 != 2; /* of another event nothing is known */
		check(events);
		for (guint j = 0; j < PERF_N_EVENTS; j++) {
			gboolean is_one = j == id || j == cases[i / 3].other;
			g_assert_cmpint(events[j].state, ==,
					is_one && is_wrong ? VMFC_STATE_IMPLAUSIBLE
							   : VMFC_STATE_OK);
			g_assert_cmpint(events[j].reason != NULL, ==, is_one && is_wrong);
		}
		if (is_wrong) {
			g_autofree gchar *reason = g_strdup_printf(
				"the PMU lies: a loop that needs at least %.0f it counted %.0f",
				cases[i / 3].least, cases[i / 3].least - 1);
			g_assert_cmpstr(events[id].reason, ==, reason);
		}
		perf_events_clear(events);
	}
}

/* Groups that have no turn are measured again, but not for ever, and nothing is said of them. */
static void
test_turns(void)
{
	for (guint n_flawed = 6; n_flawed <= 9; n_flawed++) {
		PerfEvent events[PERF_N_EVENTS];
		init_events(events);
		kernel.n_flawed = n_flawed;
		kernel.counts[PERF_REF_CYCLES] = 0;
		check(events);
		g_assert_cmpuint(kernel.n_loops, ==, MIN(n_flawed + 1, 8));
		g_assert_cmpint(events[PERF_REF_CYCLES].state, ==,
				n_flawed < 8 ? VMFC_STATE_IMPLAUSIBLE : VMFC_STATE_OK);
		perf_events_clear(events);
	}
}

/* What cannot be read or opened, and what is missing already, is not judged. */
static void
test_not_judged(void)
{
	PerfEvent events[PERF_N_EVENTS];

	for (guint i = 0; i < 3; i++) {
		init_events(events);
		memset(kernel.counts, 0, sizeof(kernel.counts));
		kernel.is_unreadable = i == 0;
		for (guint j = 0; j < PERF_N_EVENTS; j++) {
			kernel.failures[j] = i == 1 ? EINVAL : 0;
			events[j].state = i == 2 ? VMFC_STATE_DENIED : VMFC_STATE_OK;
		}
		check(events);
		for (guint j = 0; j < PERF_N_EVENTS; j++) {
			g_assert_cmpint(events[j].state, ==,
					i == 2 ? VMFC_STATE_DENIED : VMFC_STATE_OK);
			g_assert_null(events[j].reason);
		}
		perf_events_clear(events);
	}
	/* of a pair with one event the other is measured alone */
	init_events(events);
	events[PERF_CYCLES].state = VMFC_STATE_DENIED;
	kernel.counts[PERF_INSTRUCTIONS] = 0;
	check(events);
	g_assert_cmpint(events[PERF_CYCLES].state, ==, VMFC_STATE_DENIED);
	g_assert_cmpint(events[PERF_INSTRUCTIONS].state, ==, VMFC_STATE_IMPLAUSIBLE);
	perf_events_clear(events);
}

/* What each refusal of the kernel means, with another event that can be counted and without. */
static void
test_refusals(void)
{
	static const struct {
		gint failure;
		gboolean has_pmu;
		VmfcState state;
		const gchar *reason;
		const gchar *on_a_cpu; /* NULL: the same */
	} cases[] = {
		{ENOENT, TRUE, VMFC_STATE_UNSUPPORTED, "*do not support this event", "a CPU of *"},
		{ENODEV, FALSE, VMFC_STATE_UNSUPPORTED, "*no such hardware counter", "a CPU of *"},
		{EOPNOTSUPP, TRUE, VMFC_STATE_UNSUPPORTED, "*do not support *", "a CPU of *"},
		{ENXIO, FALSE, VMFC_STATE_UNSUPPORTED, "*no such hardware counter", "a CPU of *"},
		{EACCES, TRUE, VMFC_STATE_DENIED, "the kernel does not let this user count*", NULL},
		{EPERM, TRUE, VMFC_STATE_DENIED, "*most likely by the container's*", NULL},
		{ENOSYS, FALSE, VMFC_STATE_UNSUPPORTED, "this kernel was built without*", NULL},
		{EMFILE, TRUE, VMFC_STATE_DENIED, "a file descriptor per event and CPU*", NULL},
		{EINVAL, TRUE, VMFC_STATE_UNSUPPORTED, "perf_event_open failed: *", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		PerfEvent events[PERF_N_EVENTS];
		init_events(events);
		g_test_message("case %u", i);
		perf_event_refuse_errno(&events[0], cases[i].failure, cases[i].has_pmu);
		g_assert_cmpint(events[0].state, ==, cases[i].state);
		g_assert_true(g_pattern_match_simple(cases[i].reason, events[0].reason));
		g_assert_cmpint(events[0].remedy == NULL, ==, cases[i].failure == EINVAL);
		g_assert_cmpint(perf_event_is_absent(cases[i].failure), ==,
				cases[i].on_a_cpu != NULL);
		perf_event_refuse_on_a_cpu(&events[1], cases[i].failure);
		g_assert_cmpint(events[1].state, ==, cases[i].state);
		g_assert_true(g_pattern_match_simple(cases[i].on_a_cpu != NULL ? cases[i].on_a_cpu
									       : cases[i].reason,
						     events[1].reason));
		perf_events_clear(events);
	}
}

/* Each event is tried alone; the reference cycles must also fit beside the others. */
static void
test_try(void)
{
	static const struct {
		PerfEventId refused; /* PERF_N_EVENTS: none */
		gint failure;
		gboolean all; /* hardware events */
		gboolean is_crowded;
		const gchar *reason; /* of the refused ones */
		gboolean has_ref_cycles;
	} cases[] = {
		{PERF_N_EVENTS, 0, FALSE, FALSE, NULL, TRUE},
		{PERF_N_EVENTS, 0, FALSE, TRUE, NULL, FALSE},
		{PERF_BRANCHES, ENOENT, FALSE, FALSE, "*do not support this event", TRUE},
		{PERF_BRANCHES, EMFILE, FALSE, TRUE, "a file descriptor per event*", FALSE},
		{PERF_BRANCHES, ENOENT, TRUE, FALSE, "this machine has no such *", FALSE},
		{PERF_PAGE_FAULTS, EINVAL, FALSE, FALSE, "perf_event_open failed: *", TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		PerfEvent events[PERF_N_EVENTS];
		guint n_files = count_open();
		init_events(events);
		kernel.is_crowded = cases[i].is_crowded;
		for (guint j = 0; j < PERF_N_EVENTS; j++) {
			if (j == cases[i].refused || (cases[i].all && perf_event_is_hardware(j)))
				kernel.failures[j] = cases[i].failure;
		}
		/* nothing is asked of these */
		events[PERF_CACHE_MISSES].state = VMFC_STATE_IMPLAUSIBLE;
		events[PERF_CONTEXT_SWITCHES].name = "";
		g_test_message("case %u", i);
		perf_events_try(events, 3);
		g_assert_cmpuint(count_open(), ==, n_files);
		for (guint j = 0; j < PERF_N_EVENTS; j++) {
			gboolean is_refused = kernel.failures[j] != 0 && j != PERF_CACHE_MISSES;
			if (j == PERF_REF_CYCLES && !is_refused) {
				g_assert_cmpint(events[j].state == VMFC_STATE_OK, ==,
						cases[i].has_ref_cycles);
				continue;
			}
			g_assert_cmpint(events[j].reason != NULL, ==, is_refused);
			if (is_refused)
				g_assert_true(
					g_pattern_match_simple(cases[i].reason, events[j].reason));
		}
		g_assert_cmpint(events[PERF_CACHE_MISSES].state, ==, VMFC_STATE_IMPLAUSIBLE);
		perf_events_clear(events);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/perf-check/least", test_least);
	g_test_add_func("/perf-check/turns", test_turns);
	g_test_add_func("/perf-check/not-judged", test_not_judged);
	g_test_add_func("/perf-check/refusals", test_refusals);
	g_test_add_func("/perf-check/try", test_try);
	return g_test_run();
}
