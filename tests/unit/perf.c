/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "perf/counters.h"
#include "perf/parse.h"

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
	g_assert_true(growth.valid);
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
	g_assert_true(growth.valid);
	g_assert_cmpfloat(growth.running_ratio, ==, 0.25);
	g_assert_cmpfloat(growth.counts[0], ==, 1000);
}

static void
test_unknown_growth(void)
{
	const PerfReading before = {1, 1000, 1000, {500}};
	const struct {
		PerfReading after;
	} cases[] = {
		{{1, 1000, 1000, {500}}}, /* its CPU was away */
		{{1, 2000, 1000, {500}}}, /* never had a counter */
		{{1, 2000, 900, {700}}},  /* time ran backwards */
		{{1, 2000, 2000, {400}}}, /* the count went backwards */
		{{1, 500, 500, {900}}},	  /* opened anew */
	};
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_false(perf_reading_subtract(&cases[i].after, &before, 1).valid);
	/* that it never ran is known, all the same */
	g_assert_cmpfloat(perf_reading_subtract(&cases[1].after, &before, 1).running_ratio, ==, 0);
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
	static const PerfEventId group[1][PERF_GROUP_SIZE] = {
		{PERF_PAGE_FAULTS, PERF_CONTEXT_SWITCHES}};
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
	g_assert_true(window.known[PERF_PAGE_FAULTS]);
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
	g_assert_false(window.known[PERF_CONTEXT_SWITCHES]);
	g_assert_cmpint(counters.totals[PERF_CONTEXT_SWITCHES], ==, 0);
	/* no group is open while a CPU comes or goes */
	perf_counters_close(&counters);
	perf_counters_read(&counters, &window);
	g_assert_true(window.cpu_lost);
	g_assert_false(window.known[PERF_PAGE_FAULTS]);
	perf_counters_clear(&counters);
	g_array_unref(counters.cpus);
	perf_events_clear(events);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/perf/growth", test_growth);
	g_test_add_func("/perf/multiplexed", test_multiplexed);
	g_test_add_func("/perf/unknown-growth", test_unknown_growth);
	g_test_add_func("/perf/cpu-list", test_cpu_list);
	g_test_add_func("/perf/counter", test_counter);
	g_test_add_func("/perf/known-count", test_known_count);
	return g_test_run();
}
