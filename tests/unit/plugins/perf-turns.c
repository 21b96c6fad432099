/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Groups that have their counters for a part of the time, and what follows from it. */

#include "perf/counters.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "perf-fakes.h"

#define N_CPUS	  2
#define MAX_FILES 128
#define STEP	  1000000000.0 /* ns */
/* What a group may miss of a STEP: 10 µs, and a hundredth. */
#define MOST_WAIT 10010000.0

static const PerfEventId groups[][PERF_PAIR] = {
	{PERF_CYCLES, PERF_INSTRUCTIONS},
	{PERF_CACHE_REFERENCES, PERF_CACHE_MISSES},
	{PERF_PAGE_FAULTS, PERF_CONTEXT_SWITCHES},
};

/* In place of the kernel's groups, see meson.build. */
static struct {
	gdouble step;			      /* ns from one reading to the next */
	gdouble waits[N_CPUS][PERF_N_EVENTS]; /* ns of them, of the group of this first event */
	gdouble grows[N_CPUS][PERF_N_EVENTS];
	guint cpus[MAX_FILES]; /* of the files */
	PerfReading readings[MAX_FILES];
	guint n_read;
	guint until; /* this reading there are turns, later none; 0: it stays so */
} kernel;

gboolean
__wrap_perf_group_open(PerfGroup *group, G_GNUC_UNUSED PerfEvent events[PERF_N_EVENTS], guint cpu,
		       G_GNUC_UNUSED PerfEventId *failed)
{
	for (guint i = 0; i < group->n_events; i++)
		group->fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	g_assert_cmpint(group->fds[0], <, MAX_FILES);
	kernel.cpus[group->fds[0]] = cpu;
	kernel.readings[group->fds[0]] = (PerfReading){0};
	return TRUE;
}

void
__wrap_perf_group_close(PerfGroup *group)
{
	for (guint i = 0; i < group->n_events; i++)
		g_assert_cmpint(close(group->fds[i]), ==, 0);
}

gboolean
__wrap_perf_group_read(const PerfGroup *group, PerfReading *reading)
{
	guint cpu = kernel.cpus[group->fds[0]];
	PerfReading *own = &kernel.readings[group->fds[0]];
	gdouble waits = kernel.waits[cpu][group->events[0]];

	if (kernel.until > 0 && kernel.n_read >= kernel.until)
		waits = 0;
	kernel.n_read++;
	own->n = group->n_events;
	own->enabled += (guint64)kernel.step;
	own->running += (guint64)(kernel.step - waits);
	for (guint i = 0; i < group->n_events; i++)
		own->values[i] += (guint64)kernel.grows[cpu][group->events[i]];
	*reading = *own;
	return TRUE;
}

static void
set_up(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	perf_fixture_init(fixture, N_CPUS);
	memset(&kernel, 0, sizeof(kernel));
	kernel.step = STEP;
	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		for (guint cpu = 0; cpu < N_CPUS; cpu++)
			kernel.grows[cpu][i] = 1e6;
	}
}

static void
tear_down(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	perf_fixture_clear(fixture);
}

static void
start_again(PerfFixture *fixture)
{
	tear_down(fixture, NULL);
	set_up(fixture, NULL);
}

static void
open_all(PerfFixture *fixture, guint n_waits)
{
	perf_counters_init(&fixture->counters, fixture->events, groups, G_N_ELEMENTS(groups));
	perf_counters_open_first(&fixture->counters);
	perf_counters_wait(&fixture->counters, &fixture->window, n_waits);
}

/* Whether the reference cycles are still counted, and nothing else was lost. */
static void
assert_extra(const PerfFixture *fixture, gboolean is_there)
{
	g_assert_cmpuint(fixture->counters.shape[0].n_events, ==, is_there ? 3 : 2);
	g_assert_cmpint(fixture->events[PERF_REF_CYCLES].state == VMFC_STATE_OK, ==, is_there);
	g_assert_cmpint(fixture->window.is_crowded, ==, !is_there);
	for (guint cpu = 0; cpu < N_CPUS; cpu++) {
		const PerfGroup *group = &g_array_index(fixture->counters.groups, PerfGroup,
							cpu * fixture->counters.n_groups);
		g_assert_cmpuint(group->n_events, ==, is_there ? 3 : 2);
		/* a counter that is not closed is still needed */
		g_assert_cmpint(fcntl(group->fds[2], F_GETFD) >= 0, ==, is_there);
		g_assert_cmpint(fcntl(group->fds[1], F_GETFD), >=, 0);
	}
}

/* Whichever group of whichever CPU waits, for a little more than others may need. */
static void
test_waited(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->events[PERF_REF_CYCLES].state = VMFC_STATE_UNSUPPORTED;
	open_all(fixture, 0);
	for (guint i = 0; i < N_CPUS * G_N_ELEMENTS(groups); i++) {
		gdouble *waits = &kernel.waits[i % N_CPUS][groups[i / N_CPUS][0]];
		gboolean is_hardware = groups[i / N_CPUS][0] != PERF_PAGE_FAULTS;
		*waits = MOST_WAIT - 1000;
		perf_fixture_read(fixture);
		g_assert_false(fixture->window.has_waited);
		*waits = MOST_WAIT + 1000;
		perf_fixture_read(fixture);
		g_assert_true(fixture->window.has_waited);
		g_assert_true(fixture->window.multiplexed[groups[i / N_CPUS][1]]);
		g_assert_cmpfloat_with_epsilon(fixture->window.running_ratio,
					       is_hardware ? 1 - *waits / STEP : 1, 1e-9);
		*waits = 0;
		/* in a short time it is the 10 µs that count */
		kernel.step = 100000;
		*waits = 10900;
		perf_fixture_read(fixture);
		g_assert_false(fixture->window.has_waited);
		*waits = 11100;
		perf_fixture_read(fixture);
		g_assert_true(fixture->window.has_waited);
		*waits = 0;
		kernel.step = STEP;
	}
}

/* Reference cycles that cost the others their counters are given up, on whichever CPU that is. */
static void
test_crowded(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint cpu = 0; cpu < N_CPUS; cpu++) {
		start_again(fixture);
		open_all(fixture, 0);
		kernel.waits[cpu][PERF_CACHE_REFERENCES] = STEP / 2;
		perf_fixture_read(fixture);
		/* their own group has all it needs */
		assert_extra(fixture, TRUE);
		kernel.waits[cpu][PERF_CYCLES] = MOST_WAIT - 1000;
		perf_fixture_read(fixture);
		assert_extra(fixture, TRUE);
		kernel.waits[cpu][PERF_CYCLES] = MOST_WAIT + 1000;
		perf_fixture_read(fixture);
		assert_extra(fixture, FALSE);
		g_assert_cmpint(fixture->window.flaws[PERF_CYCLES], ==, PERF_FLAW_NONE);
	}
}

/* Before the run that is tried on each CPU: once with them, once without. */
static void
test_tried(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint cpu = 0; cpu < N_CPUS; cpu++) {
		start_again(fixture);
		kernel.waits[cpu][PERF_CYCLES] = STEP;
		/* of both openings in the trial the first reads each CPU twice */
		kernel.until = 2 * N_CPUS;
		open_all(fixture, 0);
		fixture->window.is_crowded = TRUE;
		g_assert_cmpuint(fixture->counters.shape[0].n_events, ==, 2);
		g_assert_cmpint(fixture->events[PERF_REF_CYCLES].state, ==, VMFC_STATE_UNSUPPORTED);
	}
}

/* Where groups took turns from the start, only a turn that does not come for 0.2 s tells it. */
static void
test_no_turn(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	kernel.waits[1][PERF_CACHE_REFERENCES] = STEP / 2;
	open_all(fixture, 0);
	g_assert_true(fixture->counters.takes_turns);
	kernel.step = STEP / 20;
	kernel.waits[1][PERF_CACHE_REFERENCES] = 0;
	for (guint i = 0; i < 3; i++) {
		kernel.waits[1][PERF_CYCLES] = kernel.step / 2;
		for (guint n = 0; n < 9; n++)
			perf_fixture_read(fixture);
		kernel.waits[1][PERF_CYCLES] = kernel.step;
		for (guint n = 0; n < 3; n++) {
			perf_fixture_read(fixture);
			assert_extra(fixture, TRUE);
			g_assert_cmpint(fixture->window.flaws[PERF_CYCLES], ==, PERF_FLAW_NO_TURN);
			/* that it did not run is known */
			g_assert_cmpint(fixture->window.times, ==, PERF_FLAW_NONE);
			g_assert_cmpfloat(fixture->window.running_ratio, ==, 0);
		}
	}
	perf_fixture_read(fixture);
	assert_extra(fixture, FALSE);
}

/* A group that never had a counter lacks it for another reason. */
static void
test_never_ran(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	kernel.waits[0][PERF_CYCLES] = kernel.waits[1][PERF_CYCLES] = STEP;
	open_all(fixture, 0);
	for (guint i = 0; i < 3; i++) {
		perf_fixture_read(fixture);
		assert_extra(fixture, TRUE);
		g_assert_cmpint(fixture->window.flaws[PERF_CYCLES], ==, PERF_FLAW_NO_COUNTER);
	}
}

/* One that was opened again had a counter before, and lacks its turn. */
static void
test_opened_again(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	open_all(fixture, 0);
	perf_fixture_read(fixture);
	g_assert_cmpint(fixture->window.flaws[PERF_CYCLES], ==, PERF_FLAW_NONE);
	kernel.waits[1][PERF_CYCLES] = STEP;
	g_assert_true(perf_counters_open(&fixture->counters));
	for (guint i = 0; i < 3; i++) {
		perf_fixture_read(fixture);
		g_assert_cmpint(fixture->window.flaws[PERF_CYCLES], ==, PERF_FLAW_NO_TURN);
		g_assert_cmpint(fixture->window.flaws[PERF_INSTRUCTIONS], ==, PERF_FLAW_NO_TURN);
	}
}

/* Each CPU's other groups are judged by how much that CPU has worked. */
static void
test_idle_cpu(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gdouble much = 2e9, little = 1e5;

	for (guint busy = 0; busy < N_CPUS; busy++) {
		for (guint still = 0; still < N_CPUS; still++) {
			start_again(fixture);
			kernel.grows[busy][PERF_CYCLES] = much;
			kernel.grows[1 - busy][PERF_CYCLES] = little;
			kernel.grows[still][PERF_CACHE_REFERENCES] = 0;
			kernel.grows[still][PERF_CACHE_MISSES] = 0;
			open_all(fixture, 0);
			perf_fixture_read(fixture);
			g_assert_cmpint(fixture->window.flaws[PERF_CACHE_REFERENCES], ==,
					still == busy ? PERF_FLAW_STILL : PERF_FLAW_NONE);
			g_assert_cmpint(fixture->window.flaws[PERF_CYCLES], ==, PERF_FLAW_NONE);
		}
	}
}

/* What the user counts instead of cycles says nothing of how much a CPU has worked. */
static void
test_other_cycles(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 2; i++) {
		start_again(fixture);
		fixture->events[PERF_CYCLES].is_default = i == 0;
		kernel.grows[0][PERF_CYCLES] = 2e9;
		kernel.grows[0][PERF_CACHE_REFERENCES] = kernel.grows[0][PERF_CACHE_MISSES] = 0;
		open_all(fixture, 0);
		perf_fixture_read(fixture);
		g_assert_cmpint(fixture->window.flaws[PERF_CACHE_REFERENCES], ==,
				i == 0 ? PERF_FLAW_STILL : PERF_FLAW_NONE);
	}
}

/* Scaled counts are rounded, of all CPUs together. */
static void
test_rounding(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->events[PERF_REF_CYCLES].state = VMFC_STATE_UNSUPPORTED;
	open_all(fixture, 0);
	kernel.waits[0][PERF_CYCLES] = STEP / 4;
	kernel.waits[1][PERF_CYCLES] = STEP / 4;
	gint64 cycles = fixture->counters.totals[PERF_CYCLES];
	gint64 instructions = fixture->counters.totals[PERF_INSTRUCTIONS];
	for (guint cpu = 0; cpu < N_CPUS; cpu++) {
		kernel.grows[cpu][PERF_CYCLES] = 1000001 + cpu;
		kernel.grows[cpu][PERF_INSTRUCTIONS] = 1000001;
	}
	perf_fixture_read(fixture);
	/* 2666670.67 and 2666669.33 */
	g_assert_cmpint(fixture->counters.totals[PERF_CYCLES] - cycles, ==, 2666671);
	g_assert_cmpint(fixture->counters.totals[PERF_INSTRUCTIONS] - instructions, ==, 2666669);
}

/* The first readings go on until every group had its turn, at most so often. */
static void
test_wait(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		guint until; /* readings of a group in which it waits */
		guint n_waits;
		guint n_read;
	} cases[] = {{0, 5, 6}, {2, 5, 2}, {3, 5, 3}, {6, 5, 6}, {7, 5, 6}, {7, 0, 1}};

	fixture->events[PERF_REF_CYCLES].state = VMFC_STATE_UNSUPPORTED;
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		start_again(fixture);
		fixture->events[PERF_REF_CYCLES].state = VMFC_STATE_UNSUPPORTED;
		kernel.waits[1][PERF_CACHE_REFERENCES] = STEP;
		guint n_groups = N_CPUS * G_N_ELEMENTS(groups);
		/* one reading of each comes with its opening */
		kernel.until = cases[i].until * n_groups;
		open_all(fixture, cases[i].n_waits);
		g_assert_cmpuint(kernel.n_read, ==, (1 + cases[i].n_read) * n_groups);
		/* some group waited at first, and that is not forgotten */
		g_assert_true(fixture->counters.takes_turns);
	}
	start_again(fixture);
	open_all(fixture, 5);
	g_assert_false(fixture->counters.takes_turns);
}

/* Groups of software are no hardware, wherever they stand; a window is lost as a whole. */
static void
test_software(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 2; i++) {
		start_again(fixture);
		for (guint id = 0; id < PERF_N_EVENTS; id++) {
			if (i == 0 && id != PERF_PAGE_FAULTS)
				fixture->events[id].state = VMFC_STATE_UNSUPPORTED;
		}
		open_all(fixture, 0);
		perf_fixture_read(fixture);
		g_assert_cmpint(fixture->window.has_hardware, ==, i > 0);
		perf_counters_lose(&fixture->counters, &fixture->window, PERF_FLAW_AWAY);
		g_assert_cmpint(fixture->window.has_hardware, ==, i > 0);
		g_assert_cmpint(fixture->window.flaws[PERF_PAGE_FAULTS], ==, PERF_FLAW_AWAY);
		g_assert_cmpint(fixture->window.times, ==, PERF_FLAW_AWAY);
	}
}

/* Where nothing can be counted no CPU is missing. */
static void
test_nothing(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint id = 0; id < PERF_N_EVENTS; id++)
		fixture->events[id].state = VMFC_STATE_UNSUPPORTED;
	open_all(fixture, 5);
	perf_fixture_read(fixture);
	g_assert_false(fixture->window.cpu_lost);
	g_assert_false(fixture->window.has_hardware);
	g_assert_cmpint(fixture->window.times, ==, PERF_FLAW_NONE);
	g_assert_false(perf_counters_should_reopen(&fixture->counters));
}

/* Times that contradict each other are those of the hardware, too. */
static void
test_times(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	open_all(fixture, 0);
	kernel.waits[0][PERF_CYCLES] = -STEP;
	perf_fixture_read(fixture);
	g_assert_cmpint(fixture->window.times, ==, PERF_FLAW_TIMES);
	g_assert_cmpint(fixture->window.flaws[PERF_CYCLES], ==, PERF_FLAW_TIMES);
	g_assert_false(fixture->window.cpu_lost);
	kernel.waits[0][PERF_CYCLES] = 0;
	kernel.waits[0][PERF_PAGE_FAULTS] = -STEP;
	perf_fixture_read(fixture);
	g_assert_cmpint(fixture->window.times, ==, PERF_FLAW_NONE);
	g_assert_cmpint(fixture->window.flaws[PERF_PAGE_FAULTS], ==, PERF_FLAW_TIMES);
}

#define ADD(path, func) g_test_add("/perf-turns/" path, PerfFixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("waited", test_waited);
	ADD("crowded", test_crowded);
	ADD("tried", test_tried);
	ADD("no-turn", test_no_turn);
	ADD("never-ran", test_never_ran);
	ADD("opened-again", test_opened_again);
	ADD("idle-cpu", test_idle_cpu);
	ADD("other-cycles", test_other_cycles);
	ADD("rounding", test_rounding);
	ADD("wait", test_wait);
	ADD("software", test_software);
	ADD("nothing", test_nothing);
	ADD("times", test_times);
	return g_test_run();
}
