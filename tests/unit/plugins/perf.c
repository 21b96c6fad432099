/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "perf/counters.h"
#include "perf/judge.h"
#include "perf/parse.h"

#include <math.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_PAGES 3000

static void
test_growth(void)
{
	const PerfReading before = {2, 1000, 1000, {500, 100}};
	const PerfReading after = {2, 3000, 3000, {900, 150}};
	PerfGrowth growth = perf_reading_subtract(&after, &before, 2);
	g_assert_cmpint(growth.flaw, ==, PERF_FLAW_NONE);
	g_assert_cmpfloat(growth.running_ratio, ==, 1);
	g_assert_cmpfloat(growth.counts[0], ==, 400);
	g_assert_cmpfloat(growth.counts[1], ==, 50);
}

static void
test_multiplexed(void)
{
	const PerfReading before = {1, 0, 0, {0}};
	const PerfReading after = {1, 4000, 1000, {250}};
	PerfGrowth growth = perf_reading_subtract(&after, &before, 1);
	g_assert_cmpint(growth.flaw, ==, PERF_FLAW_NONE);
	g_assert_cmpfloat(growth.running_ratio, ==, 0.25);
	g_assert_cmpfloat(growth.counts[0], ==, 1000);
}

static void
test_unknown_growth(void)
{
	const PerfReading before = {1, 1000, 1000, {500}};
	const struct {
		PerfReading after;
		PerfFlaw flaw;
	} cases[] = {
		{{1, 1000, 1000, {500}}, PERF_FLAW_AWAY}, /* its CPU was away */
		{{1, 500, 500, {900}}, PERF_FLAW_AWAY},	  /* opened again */
		{{1, 2000, 1000, {500}}, PERF_FLAW_NO_TURN},
		{{1, 2000, 900, {700}}, PERF_FLAW_TIMES},
		{{1, 2000, 2000, {400}}, PERF_FLAW_BACKWARDS},
		{{1, 2000, 100000, {900}}, PERF_FLAW_TIMES},
	};
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(perf_reading_subtract(&cases[i].after, &before, 1).flaws[0], ==,
				cases[i].flaw);
	const PerfReading unborn = {1, 1000, 0, {0}};
	const PerfReading still_unborn = {1, 2000, 0, {0}};
	PerfGrowth growth = perf_reading_subtract(&still_unborn, &unborn, 1);
	g_assert_cmpint(growth.flaw, ==, PERF_FLAW_NO_COUNTER);
	/* that it never ran is known, all the same */
	g_assert_cmpfloat(growth.running_ratio, ==, 0);
}

#define MS 1000000ull

/* What a group of two events, of which @first is the first, has counted on one CPU. */
typedef struct {
	PerfEventId first;
	guint64 enabled;
	guint64 running;
	guint64 counts[PERF_PAIR];
	gdouble cpu_cycles;
	PerfFlaw flaws[PERF_PAIR];
} JudgeCase;

#define GOOD                                                                                       \
	{                                                                                          \
		PERF_FLAW_NONE, PERF_FLAW_NONE                                                     \
	}
#define SECOND 1000 * MS
#define CYCLES PERF_CYCLES
#define CACHES PERF_CACHE_REFERENCES
#define BOTH(one)                                                                                  \
	{                                                                                          \
		PERF_FLAW_##one, PERF_FLAW_##one                                                   \
	}

static void
test_judge(void)
{
	static const JudgeCase cases[] = {
		/* what CPUs have been seen to do at the most, in long windows and short ones */
		{CYCLES, SECOND, SECOND, {9120 * MS, 73000 * MS}, 0, GOOD},
		{CYCLES, MS, MS, {5700000, 45600000}, 0, GOOD},
		{CYCLES, MS, 2000, {28500, 80000}, 0, GOOD},
		{PERF_BRANCHES, MS, MS, {11400000, 0}, 0, GOOD},
		{CACHES, MS, MS, {20, 25}, 1e7, GOOD},
		/* an idle CPU that was only read */
		{CYCLES, 60 * SECOND, 60 * SECOND, {900, 300}, 0, GOOD},
		{CACHES, SECOND, SECOND, {0, 0}, 900, GOOD},
		/* a group that has got its counter just now */
		{CYCLES, MS, 3000, {0, 0}, 0, GOOD},
		/* what cannot be */
		{CYCLES, MS, MS, {0, 0}, 0, BOTH(STILL)},
		{CYCLES, MS, MS, {0, 400000}, 0, {PERF_FLAW_STILL, PERF_FLAW_PART}},
		{CYCLES, MS, MS, {400000, 0}, 0, {PERF_FLAW_NONE, PERF_FLAW_STILL}},
		{CYCLES, SECOND, SECOND, {10200 * MS, 100}, 0, {PERF_FLAW_FAST, PERF_FLAW_NONE}},
		{CYCLES, MS, MS, {400000, 300 * MS}, 0, {PERF_FLAW_NONE, PERF_FLAW_FAST}},
		{CYCLES, MS, MS, {400000, 8000000}, 0, BOTH(PART)},
		{PERF_BRANCHES, MS, MS, {0, 0}, 0, BOTH(STILL)},
		{PERF_BRANCHES, MS, MS, {400000, 500000}, 0, BOTH(PART)},
		{PERF_BRANCHES,
		 SECOND,
		 SECOND,
		 {600 * MS, 0},
		 0,
		 {PERF_FLAW_NONE, PERF_FLAW_STILL}},
		{CACHES, MS, MS, {0, 0}, 6e8, BOTH(STILL)},
		{CACHES, MS, MS, {0, 0}, INFINITY, BOTH(STILL)},
		{CACHES, SECOND, SECOND, {200 * MS, 0}, 0, {PERF_FLAW_NONE, PERF_FLAW_STILL}},
		{CACHES, MS, MS, {40000, 50000}, 0, BOTH(PART)},
		/* a group that counted for a part of the window saw that part of the work */
		{CACHES, SECOND, 250 * MS, {0, 0}, 1e9, GOOD},
		{CACHES, SECOND, 250 * MS, {0, 0}, 2e9, BOTH(STILL)},
		/* events of which neither is a part of the other */
		{PERF_INSTRUCTIONS, MS, MS, {40000, 400000}, 0, GOOD},
		{PERF_CACHE_MISSES, MS, MS, {40000, 400000}, 0, GOOD},
	};
	PerfEvent events[PERF_N_EVENTS] = {0};
	const PerfReading before = {2, 0, 0, {0}};

	for (guint i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		const JudgeCase *one = &cases[i / 2];
		PerfGroup group = {.n_events = 2, .events = {one->first, one->first + 1}};
		PerfReading now = {2, one->enabled, one->running, {one->counts[0], one->counts[1]}};
		PerfGrowth growth = perf_reading_subtract(&now, &before, 2);
		/* of events that the user has named little is known */
		gboolean is_ours = i % 2 == 0;
		for (guint j = 0; j < PERF_N_EVENTS; j++)
			events[j].is_default = is_ours;
		perf_judge(&group, events, &growth, one->cpu_cycles);
		g_test_message("case %u", i / 2);
		for (guint j = 0; j < PERF_PAIR; j++)
			g_assert_cmpint(growth.flaws[j], ==,
					is_ours ? one->flaws[j] : PERF_FLAW_NONE);
	}
}

/* Until it moves, and not in the window in which it does. */
static void
test_stands_still(void)
{
	static const guint64 cycles[] = {100, 200, 200, 200, 300, 400};
	static const gboolean known[] = {TRUE, FALSE, FALSE, FALSE, TRUE};
	PerfEvent events[PERF_N_EVENTS] = {[PERF_CYCLES].is_default = TRUE};
	PerfGroup group = {.n_events = 1, .events = {PERF_CYCLES}};

	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		PerfReading before = {1, i * MS, i * MS, {cycles[i]}};
		PerfReading now = {1, (i + 1) * MS, (i + 1) * MS, {cycles[i + 1]}};
		PerfGrowth growth = perf_reading_subtract(&now, &before, 1);
		perf_judge(&group, events, &growth, 0);
		g_assert_cmpint(growth.flaws[0], ==, known[i] ? PERF_FLAW_NONE : PERF_FLAW_STILL);
		gdouble work = perf_judge_cycles(&group, events, &growth);
		g_assert_cmpfloat(work, ==, known[i] ? 100 : i == 3 ? 0 : INFINITY);
	}
}

static void
assert_cpus(const gchar *text, gint n, guint last)
{
	g_autoptr(GArray) cpus = g_array_new(FALSE, FALSE, sizeof(guint));
	gboolean parsed = perf_parse_cpu_list(text, strlen(text), cpus);
	g_assert_cmpint(parsed, ==, n > 0);
	if (n <= 0)
		return;
	g_assert_cmpuint(cpus->len, ==, (guint)n);
	g_assert_cmpuint(g_array_index(cpus, guint, cpus->len - 1), ==, last);
}

static void
test_cpu_list(void)
{
	assert_cpus("0\n", 1, 0);
	assert_cpus("0-1\n", 2, 1);
	assert_cpus("0-127\n", 128, 127);
	assert_cpus("0,2-3,8", 4, 8);
	assert_cpus("", 0, 0);
	assert_cpus("\n", 0, 0);
	assert_cpus("3-1\n", 0, 0);
	assert_cpus("0-\n", 0, 0);
	assert_cpus("a\n", 0, 0);
	assert_cpus("0 1\n", 0, 0);
	assert_cpus("99999999999999999999\n", 0, 0);
}

static void
test_counter(void)
{
	const gchar *text = "pgfaultx 7\npgfault 42\npgmajfault 3\nctxt";
	gint64 value = 0;
	g_assert_true(perf_parse_counter(text, strlen(text), "pgfault", &value));
	g_assert_cmpint(value, ==, 42);
	g_assert_false(perf_parse_counter(text, strlen(text), "pgfaul", &value));
	g_assert_false(perf_parse_counter(text, strlen(text), "ctxt", &value));
	/* a kernel that counts has counted something */
	g_assert_false(perf_parse_counter("ctxt 0\n", 7, "ctxt", &value));
	g_assert_true(perf_parse_counter("ctxt 1\n", 7, "ctxt", &value));
	g_assert_cmpint(value, ==, 1);
}

/* A reading must have all its numbers, and as many as the group has events. */
static void
test_group_reading(void)
{
	static const struct {
		guint64 n;
		gsize n_words;
		gboolean is_good;
	} cases[] = {{2, 5, TRUE}, {1, 5, FALSE}, {3, 5, FALSE}, {2, 4, FALSE}, {2, 6, FALSE}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const guint64 words[] = {cases[i].n, 1, 2, 3, 4, 5};
		PerfGroup group = {.n_events = 2};
		PerfReading reading;
		gint fds[2];
		g_assert_cmpint(pipe(fds), ==, 0);
		gsize length = cases[i].n_words * sizeof(guint64);
		g_assert_cmpint(write(fds[1], words, length), ==, (gssize)length);
		close(fds[1]);
		group.fds[0] = fds[0];
		g_assert_cmpint(perf_group_read(&group, &reading), ==, cases[i].is_good);
		/* its CPU is offline */
		if (cases[i].is_good)
			g_assert_false(perf_group_read(&group, &reading));
		close(fds[0]);
	}
}

/* A group that waited for a part of the time, and one that did not. */
static void
test_waiting(void)
{
	static const struct {
		guint64 running;
		gdouble waiting;
		gdouble ratio;
	} cases[] = {{1000, 3000, 0.25}, {3999, 1, 3999 / 4000.0}, {4000, 0, 1}, {4001, 0, 1}};
	const PerfReading before = {1, 0, 0, {0}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const PerfReading after = {1, 4000, cases[i].running, {250}};
		PerfGrowth growth = perf_reading_subtract(&after, &before, 1);
		g_assert_cmpint(growth.flaw, ==, PERF_FLAW_NONE);
		g_assert_cmpfloat(growth.waiting, ==, cases[i].waiting);
		g_assert_cmpfloat(growth.running_ratio, ==, cases[i].ratio);
	}
}

static void
fault_pages(void)
{
	gchar *pages = mmap(NULL, N_PAGES * 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	g_assert_true(pages != MAP_FAILED);
	madvise(pages, N_PAGES * 4096, MADV_NOHUGEPAGE);
	for (guint i = 0; i < N_PAGES; i++)
		((volatile gchar *)pages)[i * 4096] = 1;
	munmap(pages, N_PAGES * 4096);
}

/* Real groups on the real kernel against a known number of page faults. */
static void
test_known_count(void)
{
	static const PerfEventId group[1][PERF_PAIR] = {{PERF_PAGE_FAULTS, PERF_CONTEXT_SWITCHES}};
	PerfEvent events[PERF_N_EVENTS] = {0};
	PerfCounters counters = {0};
	PerfWindow window;
	PerfEventId failed;
	const gchar *reason;

	for (guint i = 0; i < PERF_N_EVENTS; i++)
		events[i] = (PerfEvent){.name = "perf::PERF_COUNT_SW_PAGE_FAULTS",
					.is_default = TRUE};
	events[PERF_CONTEXT_SWITCHES].name = "perf::PERF_COUNT_SW_CONTEXT_SWITCHES";
	g_assert_true(perf_events_encode(events, &failed, &reason));
	perf_events_try(events, 0);
	if (events[PERF_PAGE_FAULTS].state != VMFC_STATE_OK) {
		g_test_skip(events[PERF_PAGE_FAULTS].reason);
		perf_events_clear(events);
		return;
	}
	counters.cpus = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint cpu = 0; cpu < (guint)sysconf(_SC_NPROCESSORS_ONLN); cpu++)
		g_array_append_val(counters.cpus, cpu);
	perf_counters_init(&counters, events, group, 1);
	g_assert_true(perf_counters_open(&counters));
	/* opened a second time they count on */
	g_assert_true(perf_counters_open(&counters));
	fault_pages();
	perf_counters_read(&counters, &window);
	g_assert_cmpint(window.flaws[PERF_PAGE_FAULTS], ==, PERF_FLAW_NONE);
	g_assert_false(window.has_hardware);
	/* what else runs on the machine faults as well */
	g_assert_cmpint(counters.totals[PERF_PAGE_FAULTS], >=, N_PAGES);
	g_assert_cmpint(counters.totals[PERF_PAGE_FAULTS], <, 100 * N_PAGES);
	gint64 switches = counters.totals[PERF_CONTEXT_SWITCHES];
	for (guint i = 0; i < 100; i++)
		g_usleep(1);
	perf_counters_read(&counters, &window);
	g_assert_cmpint(counters.totals[PERF_CONTEXT_SWITCHES] - switches, >=, 100);
	/* a total at its end starts over, and says so */
	counters.totals[PERF_CONTEXT_SWITCHES] = G_MAXINT64;
	g_usleep(1);
	perf_counters_read(&counters, &window);
	g_assert_cmpint(window.flaws[PERF_CONTEXT_SWITCHES], ==, PERF_FLAW_BACKWARDS);
	g_assert_cmpint(counters.totals[PERF_CONTEXT_SWITCHES], ==, 0);
	/* no group is open while a CPU comes or goes */
	perf_counters_close(&counters);
	perf_counters_read(&counters, &window);
	g_assert_true(window.cpu_lost);
	g_assert_cmpint(window.flaws[PERF_PAGE_FAULTS], ==, PERF_FLAW_CLOSED);
	perf_counters_clear(&counters);
	g_array_unref(counters.cpus);
	perf_events_clear(events);
}

/* A member that is closed leaves the rest of its group counting, on the real kernel. */
static void
test_member_leaves(void)
{
	static const gchar *const names[] = {"perf::PERF_COUNT_SW_PAGE_FAULTS",
					     "perf::PERF_COUNT_SW_CONTEXT_SWITCHES",
					     "perf::PERF_COUNT_SW_CPU_CLOCK"};
	PerfEvent events[PERF_N_EVENTS] = {0};
	PerfGroup group = {.n_events = 3, .events = {0, 1, 2}};
	PerfReading before, after;
	PerfEventId failed;
	const gchar *reason;

	for (guint i = 0; i < PERF_N_EVENTS; i++)
		events[i] = (PerfEvent){.name = names[i % 3], .is_default = TRUE};
	g_assert_true(perf_events_encode(events, &failed, &reason));
	if (!perf_group_open(&group, events, 0, &failed)) {
		g_test_skip("the kernel lets this user count nothing");
		return;
	}
	g_assert_true(perf_group_read(&group, &before));
	close(group.fds[--group.n_events]);
	for (guint i = 0; i < 10; i++)
		g_usleep(1000);
	g_assert_true(perf_group_read(&group, &after));
	PerfGrowth growth = perf_reading_subtract(&after, &before, group.n_events);
	g_assert_cmpint(growth.flaw, ==, PERF_FLAW_NONE);
	g_assert_cmpfloat(growth.running, >=, 10 * MS);
	g_assert_cmpfloat(growth.waiting, ==, 0);
	g_assert_cmpuint(after.n, ==, 2);
	perf_group_close(&group);
	perf_events_clear(events);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/perf/growth", test_growth);
	g_test_add_func("/perf/multiplexed", test_multiplexed);
	g_test_add_func("/perf/unknown-growth", test_unknown_growth);
	g_test_add_func("/perf/judge", test_judge);
	g_test_add_func("/perf/stands-still", test_stands_still);
	g_test_add_func("/perf/cpu-list", test_cpu_list);
	g_test_add_func("/perf/counter", test_counter);
	g_test_add_func("/perf/group-reading", test_group_reading);
	g_test_add_func("/perf/waiting", test_waiting);
	g_test_add_func("/perf/known-count", test_known_count);
	g_test_add_func("/perf/member-leaves", test_member_leaves);
	return g_test_run();
}
