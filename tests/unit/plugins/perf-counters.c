/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The counts of two CPUs, and what happens when one of them goes away. */

#include "perf/counters.h"

#include <string.h>
#include <sys/resource.h>

#include "perf-fakes.h"

#define N_CPUS 2
/* ns */
#define WINDOW G_GUINT64_CONSTANT(1000000000)

static const PerfEventId groups[][PERF_PAIR] = {{PERF_CYCLES, PERF_INSTRUCTIONS}};

/* In place of the kernel's groups, see meson.build: what each CPU's group shows next. */
static struct {
	PerfReading readings[N_CPUS];
	gboolean is_away[N_CPUS];
	guint n_read;
	guint n_open;
	const guint8 (*turns)[2]; /* for each look: windows so far, and those with a counter */
} kernel;

gboolean
__wrap_perf_group_open(PerfGroup *group, G_GNUC_UNUSED PerfEvent events[PERF_N_EVENTS], guint cpu,
		       G_GNUC_UNUSED PerfEventId *failed)
{
	g_assert_cmpuint(group->n_events, ==, 2);
	g_assert_cmpuint(cpu, ==, kernel.n_open++ % N_CPUS);
	return TRUE;
}

void
__wrap_perf_group_close(G_GNUC_UNUSED PerfGroup *group)
{
	kernel.n_open--;
}

gboolean
__wrap_perf_group_read(G_GNUC_UNUSED const PerfGroup *group, PerfReading *reading)
{
	guint look = kernel.n_read / N_CPUS;
	guint cpu = kernel.n_read++ % N_CPUS;

	if (kernel.turns != NULL) {
		kernel.readings[cpu].enabled = kernel.turns[look][0] * WINDOW;
		kernel.readings[cpu].running = kernel.turns[look][1] * WINDOW;
	}
	*reading = kernel.readings[cpu];
	return !kernel.is_away[cpu];
}

/* One more window of a CPU that has its counters for a share of it. */
static void
go_on(guint cpu, gdouble share, guint64 cycles, guint64 instructions)
{
	PerfReading *reading = &kernel.readings[cpu];

	reading->n = 2;
	reading->enabled += WINDOW;
	reading->running += (guint64)(share * (gdouble)WINDOW);
	reading->values[0] += cycles;
	reading->values[1] += instructions;
}

static void
set_up(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	perf_fixture_init(fixture, N_CPUS);
	fixture->events[PERF_REF_CYCLES].state = VMFC_STATE_UNSUPPORTED;
	memset(&kernel, 0, sizeof(kernel));
	/* what was counted before counts no more */
	for (guint i = 0; i < N_CPUS; i++)
		go_on(i, 1, 7000000, 7000000);
	perf_counters_init(&fixture->counters, fixture->events, groups, G_N_ELEMENTS(groups));
	perf_counters_open_first(&fixture->counters);
	g_assert_cmpuint(kernel.n_open, ==, N_CPUS);
}

static void
tear_down(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	perf_fixture_clear(fixture);
	g_assert_cmpuint(kernel.n_open, ==, 0);
}

/* The sum of the CPUs since they were opened, and the least share of the time. */
static void
test_sum(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint cpu = 0; cpu < N_CPUS; cpu++) {
		gint64 cycles = fixture->counters.totals[PERF_CYCLES];
		gint64 instructions = fixture->counters.totals[PERF_INSTRUCTIONS];
		go_on(cpu, 0.5, 1000000000, 500000000); /* half of all that happened */
		go_on(1 - cpu, 1, 3000000000, 4000000000);
		perf_fixture_read(fixture);
		g_assert_cmpint(fixture->window.flaws[PERF_CYCLES], ==, PERF_FLAW_NONE);
		g_assert_cmpint(fixture->window.times, ==, PERF_FLAW_NONE);
		g_assert_cmpfloat(fixture->window.running_ratio, ==, 0.5);
		g_assert_true(fixture->window.multiplexed[PERF_CYCLES]);
		g_assert_true(fixture->window.has_hardware);
		g_assert_cmpint(fixture->counters.totals[PERF_CYCLES] - cycles, ==, 5000000000);
		g_assert_cmpint(fixture->counters.totals[PERF_INSTRUCTIONS] - instructions, ==,
				5000000000);
	}
	go_on(0, 1, 1000000, 1000000);
	go_on(1, 1, 1000000, 1000000);
	perf_fixture_read(fixture);
	g_assert_false(fixture->window.multiplexed[PERF_CYCLES]);
	g_assert_cmpfloat(fixture->window.running_ratio, ==, 1);
}

/* While a CPU gives nothing there is no sum; when it is back, nothing has to be opened again. */
static void
test_away(PerfFixture *fixture, gconstpointer data)
{
	guint cpu = GPOINTER_TO_UINT(data);

	kernel.is_away[cpu] = TRUE;
	for (guint i = 1; i <= 128; i++) {
		go_on(1 - cpu, 1, 1000000, 1000000);
		perf_fixture_read(fixture);
		g_assert_true(fixture->window.cpu_lost);
		g_assert_cmpint(fixture->window.flaws[PERF_CYCLES], ==, PERF_FLAW_AWAY);
		g_assert_cmpint(fixture->window.flaws[PERF_INSTRUCTIONS], ==, PERF_FLAW_AWAY);
		g_assert_cmpint(fixture->window.times, ==, PERF_FLAW_AWAY);
		/* at once, and later now and then */
		g_assert_cmpint(perf_counters_should_reopen(&fixture->counters), ==,
				i <= 8 || i % 64 == 0);
	}
	g_assert_cmpint(fixture->counters.totals[PERF_CYCLES], ==, 0);
	kernel.is_away[cpu] = FALSE;
	for (guint i = 0; i < 2; i++) {
		go_on(0, 1, 1000000, 1000000);
		go_on(1, 1, 1000000, 1000000);
		perf_fixture_read(fixture);
		g_assert_false(fixture->window.cpu_lost);
		g_assert_cmpint(fixture->window.flaws[PERF_CYCLES], ==, PERF_FLAW_NONE);
		g_assert_false(perf_counters_should_reopen(&fixture->counters));
	}
	/* once more: it is as at the first time */
	kernel.is_away[cpu] = TRUE;
	perf_fixture_read(fixture);
	g_assert_true(perf_counters_should_reopen(&fixture->counters));
}

/* Whether groups take turns is what any look has shown, until all have had their counters. */
static void
test_first_looks(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		guint8 turns[4][2];
		guint n_looks;
		gboolean takes_turns;
	} cases[] = {
		{{{1, 1}}, 1, FALSE},
		{{{2, 1}}, 1, TRUE},
		{{{0, 0}, {1, 1}}, 2, FALSE},
		{{{1, 0}, {2, 1}}, 2, TRUE},
		{{{0, 0}, {1, 0}, {2, 1}}, 3, TRUE},
		{{{0, 0}, {0, 0}, {2, 1}}, 3, TRUE},
		{{{0, 0}, {0, 0}, {0, 0}}, 3, FALSE},
		{{{0, 0}, {0, 0}, {1, 0}}, 3, TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		memset(kernel.readings, 0, sizeof(kernel.readings));
		g_assert_true(perf_counters_open(&fixture->counters));
		kernel.turns = cases[i].turns;
		kernel.n_read = 0;
		perf_counters_wait(&fixture->counters, &fixture->window, 2);
		g_assert_cmpuint(kernel.n_read, ==, cases[i].n_looks * N_CPUS);
		g_assert_cmpint(fixture->counters.takes_turns, ==, cases[i].takes_turns);
	}
}

static rlim_t
open_with_limit(PerfFixture *fixture, rlim_t soft, rlim_t hard)
{
	struct rlimit limit = {soft, hard};

	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	g_assert_true(perf_counters_open(&fixture->counters));
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	g_assert_cmpuint(limit.rlim_max, ==, hard);
	return limit.rlim_cur;
}

/* Each event of each CPU is a file: the limit becomes high enough, and never lower. */
static void
test_file_limit(PerfFixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	struct rlimit limit;

	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	g_assert_cmpuint(limit.rlim_max, >=, 500);
	rlim_t raised = open_with_limit(fixture, 16, limit.rlim_max);
	g_assert_cmpuint(raised, >=, N_CPUS * PERF_N_EVENTS + 50);
	g_assert_cmpuint(raised, <, 500);
	g_assert_cmpuint(open_with_limit(fixture, raised - 1, limit.rlim_max), ==, raised);
	g_assert_cmpuint(open_with_limit(fixture, 500, limit.rlim_max), ==, 500);
	/* no more than is allowed; the tests after it open no files */
	g_assert_cmpuint(open_with_limit(fixture, 16, 20), ==, 20);
}

#define ADD(path, data, func)                                                                      \
	g_test_add("/perf-counters/" path, PerfFixture, data, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("sum", NULL, test_sum);
	ADD("away/first", GUINT_TO_POINTER(0), test_away);
	ADD("away/last", GUINT_TO_POINTER(1), test_away);
	ADD("first-looks", NULL, test_first_looks);
	ADD("file-limit", NULL, test_file_limit);
	return g_test_run();
}
