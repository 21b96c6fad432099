/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What counts can be, over several windows and at the limits, and lists of CPUs. */

#include "perf/judge.h"

#include <math.h>
#include <string.h>

#include "perf-fakes.h"
#include "perf/parse.h"

#define MS G_GUINT64_CONSTANT(1000000)

/* One more second of a group of two events. Returns: what is wrong with the count of the second */
static PerfFlaw
judge(PerfGroup *group, const PerfEvent *events, guint64 first, guint64 second, gdouble cpu_cycles)
{
	const PerfReading before = {2, 0, 0, {0}};
	const PerfReading now = {2, 1000 * MS, 1000 * MS, {first, second}};
	PerfGrowth growth = perf_reading_subtract(&now, &before, 2);

	perf_judge(group, events, &growth, cpu_cycles);
	return growth.flaws[1];
}

/* The work of all windows since a count last changed is what it had to change in. */
static void
test_work(void)
{
	static const struct {
		gdouble work;
		guint64 count;
		PerfFlaw flaw;
	} cases[] = {
		/* misses of the cache: after 1e8 accesses */
		{4e7, 0, PERF_FLAW_NONE},  {4e7, 0, PERF_FLAW_NONE},  {1e7, 0, PERF_FLAW_NONE},
		{1e7, 0, PERF_FLAW_STILL}, {1, 0, PERF_FLAW_STILL},   {4e7, 1, PERF_FLAW_STILL},
		{9e7, 0, PERF_FLAW_NONE},  {9e7, 1, PERF_FLAW_NONE},  {9e7, 0, PERF_FLAW_NONE},
		{9e6, 0, PERF_FLAW_NONE},  {2e6, 0, PERF_FLAW_STILL},
	};
	PerfEvent events[PERF_N_EVENTS];
	PerfGroup group = {.n_events = 2, .events = {PERF_CACHE_REFERENCES, PERF_CACHE_MISSES}};

	perf_fakes_init_events(events);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("case %u", i);
		g_assert_cmpint(judge(&group, events, (guint64)cases[i].work, cases[i].count, 0),
				==, cases[i].flaw);
	}
}

/* A part may show a hundredth more than its whole, and what happens between two reads. */
static void
test_part(void)
{
	static const struct {
		PerfEventId first;
		guint64 whole;
		guint64 part;
		PerfFlaw flaw;
	} cases[] = {
		{PERF_BRANCHES, 10000000, 10101000, PERF_FLAW_NONE},
		{PERF_BRANCHES, 10000000, 10101001, PERF_FLAW_PART},
		{PERF_CACHE_REFERENCES, 10000000, 10101000, PERF_FLAW_NONE},
		{PERF_CACHE_REFERENCES, 10000000, 10101001, PERF_FLAW_PART},
		{PERF_CYCLES, 10000000, 161601000, PERF_FLAW_NONE},
		{PERF_CYCLES, 10000000, 161601001, PERF_FLAW_PART},
		{PERF_BRANCHES, 10, 1010, PERF_FLAW_NONE},
		{PERF_BRANCHES, 10, 1011, PERF_FLAW_PART},
	};

	for (guint i = 0; i < 4 * G_N_ELEMENTS(cases); i++) {
		PerfEventId first = cases[i / 4].first;
		PerfGroup group = {.n_events = 2, .events = {first, first + 1}};
		PerfEvent events[PERF_N_EVENTS];
		perf_fakes_init_events(events);
		/* of an event that the user chose neither side is known */
		events[first].is_default = (i & 1) == 0;
		events[first + 1].is_default = (i & 2) == 0;
		g_test_message("case %u", i);
		g_assert_cmpint(judge(&group, events, cases[i / 4].whole, cases[i / 4].part, 0), ==,
				i % 4 == 0 ? cases[i / 4].flaw : PERF_FLAW_NONE);
	}
}

/* No CPU counts faster, one that the user chose included; the start of a counter has 10 µs more. */
static void
test_rate(void)
{
	static const struct {
		PerfEventId second;
		gboolean is_default;
		gdouble most; /* per ns */
	} cases[] = {
		{PERF_INSTRUCTIONS, TRUE, 160},	     {PERF_CACHE_MISSES, TRUE, 80},
		{PERF_BRANCH_MISSES, TRUE, 40},	     {PERF_INSTRUCTIONS, FALSE, 1000},
		{PERF_CONTEXT_SWITCHES, TRUE, 1000},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		PerfEventId second = cases[i].second;
		PerfGroup group = {.n_events = 2, .events = {second - 1, second}};
		PerfEvent events[PERF_N_EVENTS];
		guint64 most = (guint64)(cases[i].most * (1e9 + 1e4));
		perf_fakes_init_events(events);
		events[second].is_default = cases[i].is_default;
		for (guint more = 0; more < 2; more++) {
			/* whatever it is to the other one */
			events[second - 1].is_default = FALSE;
			PerfFlaw flaw = judge(&group, events, 1000 * MS, most + more, 0);
			g_assert_cmpint(flaw, ==, more > 0 ? PERF_FLAW_FAST : PERF_FLAW_NONE);
		}
	}
}

static void
test_cpu_lists(void)
{
	static const struct {
		const gchar *text;
		guint n; /* 0: it is none */
		guint last;
	} cases[] = {
		{"65535\n", 1, 65535}, {"65536\n", 0, 0},   {"0-65535\n", 65536, 65535},
		{"0-65536\n", 0, 0},   {"5-5\n", 1, 5},	    {"5-4\n", 0, 0},
		{"0,0\n", 2, 0},       {"0-1,3-4\n", 4, 4}, {"0-1,\n", 2, 1},
		{"0--1\n", 0, 0},      {"-1\n", 0, 0},	    {"0-1-2\n", 0, 0},
	};
	g_autoptr(GArray) cpus = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].text);
		/* what was in the list before is not */
		g_assert_cmpint(perf_parse_cpu_list(cases[i].text, strlen(cases[i].text), cpus), ==,
				cases[i].n > 0);
		if (cases[i].n == 0)
			continue;
		g_assert_cmpuint(cpus->len, ==, cases[i].n);
		g_assert_cmpuint(g_array_index(cpus, guint, cpus->len - 1), ==, cases[i].last);
	}
}

/* libpfm4 is told by a variable what to look at, which is no business of other programs. */
static void
test_environment(void)
{
	for (guint i = 0; i < 2; i++) {
		PerfEvent events[PERF_N_EVENTS];
		PerfEventId failed;
		const gchar *reason;
		if (i > 0)
			g_setenv("LIBPFM_FORCE_PMU", "perf", TRUE);
		for (guint j = 0; j < PERF_N_EVENTS; j++)
			events[j] = (PerfEvent){.name = j == 0 ? "perf::PERF_COUNT_SW_PAGE_FAULTS"
							       : "",
						.is_default = TRUE};
		g_assert_true(perf_events_encode(events, &failed, &reason));
		g_assert_cmpstr(g_getenv("LIBPFM_FORCE_PMU"), ==, i > 0 ? "perf" : NULL);
		perf_events_clear(events);
	}
	g_unsetenv("LIBPFM_FORCE_PMU");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/perf-judge/work", test_work);
	g_test_add_func("/perf-judge/part", test_part);
	g_test_add_func("/perf-judge/rate", test_rate);
	g_test_add_func("/perf-judge/cpu-lists", test_cpu_lists);
	g_test_add_func("/perf-judge/environment", test_environment);
	return g_test_run();
}
