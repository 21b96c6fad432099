/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What counts become: columns, ratios and reasons, in a kernel of the test's own. */

#include <string.h>
#include <unistd.h>

#include "perf-fakes.h"
#include "sampler-run.h"

#define N_CPUS 2
#define ONLINE "sys/devices/system/cpu/online"

/* The columns of the hardware's events, in their order. */
static const gchar *const names[] = {"cpu_cycles",   "instructions", "cache_references",
				     "cache_misses", "branches",     "branch_misses"};

/* In place of the kernel, see meson.build. */
static struct {
	gboolean refused[PERF_N_EVENTS]; /* with the number of the event as reason */
	guint64 values[PERF_N_EVENTS];	 /* of each CPU */
	guint64 enabled;		 /* ns */
	guint64 running;
	guint n_open;
	guint n_opened;	  /* since the start */
	gboolean is_away; /* a CPU: its groups give nothing */
	guint last_cpu;
} kernel;

#pragma GCC visibility push(default)
void
__wrap_perf_events_try(PerfEvent events[PERF_N_EVENTS], guint cpu);
void
__wrap_perf_pmu_check(PerfEvent events[PERF_N_EVENTS], const PerfEventId (*groups)[PERF_PAIR],
		      guint n_groups);
#pragma GCC visibility pop

void
__wrap_perf_events_try(PerfEvent events[PERF_N_EVENTS], guint cpu)
{
	g_assert_cmpuint(cpu, ==, 0);
	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		g_autofree gchar *reason = g_strdup_printf("it is event %u", i);
		/* libpfm4 may not know it here */
		events[i].state = VMFC_STATE_OK;
		if (kernel.refused[i])
			perf_event_refuse(&events[i], VMFC_STATE_DENIED, reason, NULL);
	}
}

/* The groups that are checked: pairs of the hardware's events. */
void
__wrap_perf_pmu_check(G_GNUC_UNUSED PerfEvent events[PERF_N_EVENTS],
		      const PerfEventId (*groups)[PERF_PAIR], guint n_groups)
{
	g_assert_cmpuint(n_groups, ==, 3);
	for (guint i = 0; i < n_groups; i++) {
		for (guint j = 0; j < PERF_PAIR; j++)
			g_assert_cmpuint(groups[i][j], ==, PERF_PAIR * i + j);
	}
}

gboolean
__wrap_perf_group_open(G_GNUC_UNUSED PerfGroup *group,
		       G_GNUC_UNUSED PerfEvent events[PERF_N_EVENTS], guint cpu,
		       G_GNUC_UNUSED PerfEventId *failed)
{
	kernel.n_open++;
	kernel.n_opened++;
	kernel.last_cpu = cpu;
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
	*reading = (PerfReading){group->n_events, kernel.enabled, kernel.running, {0}};
	for (guint i = 0; i < group->n_events; i++)
		reading->values[i] = kernel.values[group->events[i]];
	return !kernel.is_away;
}

static void
set_up(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.enabled = kernel.running = 1;
	sampler_run_init(run);
	sampler_run_write(run, ONLINE, "0-1\n");
	sampler_run_write(run, "proc/vmstat", "nr_free_pages 5\npgfault 1000\n");
	sampler_run_write(run, "proc/stat", "cpu  1 1\nctxt 2000\n");
}

static void
tear_down(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	sampler_run_clear(run);
	g_assert_cmpuint(kernel.n_open, ==, 0);
}

static void
open_run(SamplerRun *run)
{
	g_autoptr(GError) error = NULL;

	sampler_run_open(run, &error);
	g_assert_no_error(error);
}

/* A window of a second, in which each CPU counts so many millions, for a share of the time. */
static void
count(SamplerRun *run, gdouble share, const guint millions[PERF_N_EVENTS])
{
	kernel.enabled += (guint64)NS_PER_S;
	kernel.running += (guint64)(share * (gdouble)NS_PER_S);
	for (guint i = 0; i < PERF_N_EVENTS; i++)
		kernel.values[i] += 1000000 * (guint64)millions[i];
	g_assert_cmpint(sampler_run_tick(run, 1), ==, VMFC_ANSWER_DONE);
}

/* cycles, instructions, references, misses, branches, misses, 0, 0, reference cycles */
static const guint work[PERF_N_EVENTS] = {1000, 1500, 40, 10, 200, 5, 0, 0, 800};

/* Each count in its column, of all CPUs, and each ratio of its own two. */
static void
assert_work(SamplerRun *run, gdouble share)
{
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		sampler_run_assert(run, names[i], N_CPUS * 1e6 * work[i] / share);
	sampler_run_assert(run, "instructions_per_cycle", 1.5);
	sampler_run_assert(run, "cache_miss_ratio", 0.25);
	sampler_run_assert(run, "branch_miss_ratio", 0.025);
	sampler_run_assert(run, "pmc_running_ratio", share);
	sampler_run_assert_state(run, "cache_miss_ratio", VMFC_STATE_OK, NULL);
	sampler_run_assert_state(run, "pmc_running_ratio", VMFC_STATE_OK, NULL);
}

static void
test_columns(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	open_run(run);
	count(run, 1, work);
	for (guint n = 0; n < 3; n++) {
		count(run, 1, work);
		assert_work(run, 1);
		sampler_run_assert(run, "ref_cycles", N_CPUS * 8e8);
		for (guint i = 0; i < G_N_ELEMENTS(names); i++)
			sampler_run_assert_state(run, names[i], VMFC_STATE_OK, NULL);
	}
}

/* What took turns once is told of from then on, but not of the ratios. */
static void
test_turns(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	kernel.refused[PERF_REF_CYCLES] = TRUE;
	open_run(run);
	count(run, 1, work);
	for (guint n = 0; n < 3; n++) {
		count(run, n == 1 ? 0.5 : 1, work);
		assert_work(run, n == 1 ? 0.5 : 1);
		for (guint i = 0; i < G_N_ELEMENTS(names); i++)
			sampler_run_assert_state(run, names[i],
						 n == 0 ? VMFC_STATE_OK : VMFC_STATE_MULTIPLEXED,
						 n == 0 ? NULL : "more events than counters: *");
	}
}

/* Reference cycles that cost the others their counters are left out from then on, and it is told.
 */
static void
test_crowded(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	open_run(run);
	count(run, 1, work);
	count(run, 0.5, work);
	assert_work(run, 0.5);
	sampler_run_assert(run, "ref_cycles", NAN);
	sampler_run_assert_state(run, "ref_cycles", VMFC_STATE_UNSUPPORTED,
				 "not counted: others use the hardware counter *");
	count(run, 1, work);
	assert_work(run, 1);
	sampler_run_assert(run, "ref_cycles", NAN);
}

/* Without accesses there is no ratio of misses, and that is no fault; it is there again after. */
static void
test_denominator(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	static const guint nothing[PERF_N_EVENTS] = {100, 150, 0, 0, 20, 1, 0, 0, 80};

	open_run(run);
	count(run, 1, work);
	for (guint n = 0; n < 2; n++) {
		count(run, 1, nothing);
		sampler_run_assert(run, "cache_references", 0);
		sampler_run_assert(run, "cache_miss_ratio", NAN);
		sampler_run_assert_state(run, "cache_miss_ratio", VMFC_STATE_OK,
					 "its denominator is 0 in the window");
		sampler_run_assert(run, "branch_miss_ratio", 0.05);
		count(run, 1, work);
		sampler_run_assert(run, "cache_miss_ratio", 0.25);
		sampler_run_assert_state(run, "cache_miss_ratio", VMFC_STATE_OK, NULL);
	}
}

/* A ratio is missing for the reason of whichever side is, its denominator first. */
static void
test_refused(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	kernel.refused[PERF_CYCLES] = kernel.refused[PERF_CACHE_MISSES] = TRUE;
	kernel.refused[PERF_BRANCHES] = kernel.refused[PERF_BRANCH_MISSES] = TRUE;
	open_run(run);
	count(run, 1, work);
	count(run, 1, work);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree gchar *reason = g_strdup_printf("it is event %u", i);
		sampler_run_assert_state(run, names[i],
					 kernel.refused[i] ? VMFC_STATE_DENIED : VMFC_STATE_OK,
					 kernel.refused[i] ? reason : NULL);
		sampler_run_assert(run, names[i], kernel.refused[i] ? NAN : N_CPUS * 1e6 * work[i]);
	}
	sampler_run_assert_state(run, "instructions_per_cycle", VMFC_STATE_DENIED, "it is event 0");
	sampler_run_assert_state(run, "cache_miss_ratio", VMFC_STATE_DENIED, "it is event 3");
	sampler_run_assert_state(run, "branch_miss_ratio", VMFC_STATE_DENIED, "it is event 4");
	sampler_run_assert_state(run, "pmc_running_ratio", VMFC_STATE_OK, NULL);
	sampler_run_assert(run, "pmc_running_ratio", 1);
	sampler_run_assert(run, "instructions_per_cycle", NAN);
	sampler_run_assert(run, "ref_cycles", N_CPUS * 8e8);
}

/* The time that the hardware's events ran is missing with all of them, and not with fewer. */
static void
test_all_refused(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	for (guint left = 0; left <= PERF_N_HARDWARE; left++) {
		tear_down(run, NULL);
		set_up(run, NULL);
		for (guint i = 0; i < PERF_N_HARDWARE; i++)
			kernel.refused[i] = i != left;
		kernel.refused[PERF_REF_CYCLES] = TRUE;
		open_run(run);
		count(run, 1, work);
		count(run, 1, work);
		gboolean any = left < PERF_N_HARDWARE;
		sampler_run_assert(run, "pmc_running_ratio", any ? 1 : NAN);
		sampler_run_assert_state(run, "pmc_running_ratio",
					 any ? VMFC_STATE_OK : VMFC_STATE_DENIED,
					 any ? NULL : "it is event 0");
		sampler_run_assert_state(run, "ref_cycles", VMFC_STATE_DENIED, "it is event 8");
		sampler_run_assert(run, "page_faults", 0);
	}
}

static void
test_switched_off(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const others[] = {"instructions_per_cycle", "cache_miss_ratio",
					      "branch_miss_ratio", "pmc_running_ratio",
					      "ref_cycles"};

	sampler_run_set(run, "use_events", "false");
	open_run(run);
	count(run, 1, work);
	g_assert_cmpuint(kernel.n_open, ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(names) + G_N_ELEMENTS(others); i++) {
		const gchar *name = i < G_N_ELEMENTS(names) ? names[i]
							    : others[i - G_N_ELEMENTS(names)];
		sampler_run_assert(run, name, NAN);
		sampler_run_assert_state(run, name, VMFC_STATE_UNSUPPORTED,
					 "switched off with perf.use_events");
	}
}

/* Once CPUs come or go all is opened again, and the counts of that window are not known. */
static void
test_cpus(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *online;
		guint n_cpus;
		guint last_cpu;
	} cases[] = {{"0-1\n", 2, 1}, {"0-2\n", 3, 2}, {"0,2\n", 2, 2}, {"", 2, 2}, {"0\n", 1, 0}};

	open_run(run);
	count(run, 1, work);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gboolean is_same = i == 0 || i == 3;
		sampler_run_write(run, ONLINE, cases[i].online);
		count(run, 1, work);
		g_assert_cmpuint(kernel.n_open, ==, 3 * cases[i].n_cpus);
		g_assert_cmpuint(kernel.last_cpu, ==, cases[i].last_cpu);
		if (i == 3) /* what is no list changes nothing */
			continue;
		sampler_run_assert(run, "branches", is_same ? 2 * 2e8 : NAN);
		sampler_run_assert(run, "branch_miss_ratio", is_same ? 0.025 : NAN);
		sampler_run_assert(run, "pmc_running_ratio", is_same ? 1 : NAN);
		for (guint j = 0; j < G_N_ELEMENTS(names); j++)
			sampler_run_assert_state(
				run, names[j], is_same ? VMFC_STATE_OK : VMFC_STATE_UNSUPPORTED,
				is_same ? NULL : "the counters of a CPU were unavailable *");
		count(run, 1, work);
		sampler_run_assert(run, "branches", cases[i].n_cpus * 2e8);
		sampler_run_assert_state(run, "branches", VMFC_STATE_OK, NULL);
	}
}

/* A CPU that goes and comes back between two ticks leaves its events dead: they are opened again.
 */
static void
test_cpu_comes_back(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	open_run(run);
	count(run, 1, work);
	count(run, 1, work);
	assert_work(run, 1);
	for (guint i = 0; i < 3; i++) {
		guint n_opened = kernel.n_opened;
		kernel.is_away = TRUE;
		count(run, 1, work);
		g_assert_cmpuint(kernel.n_opened, ==, n_opened + 3 * N_CPUS);
		g_assert_cmpuint(kernel.n_open, ==, 3 * N_CPUS);
		kernel.is_away = FALSE;
		for (guint j = 0; j < G_N_ELEMENTS(names); j++) {
			sampler_run_assert(run, names[j], NAN);
			sampler_run_assert_state(run, names[j], VMFC_STATE_UNSUPPORTED,
						 "the counters of a CPU were unavailable *");
		}
		count(run, 1, work);
		count(run, 1, work);
		assert_work(run, 1);
		g_assert_cmpuint(kernel.n_opened, ==, n_opened + 3 * N_CPUS);
	}
}

/* Files that cannot be read are the reason, and not what was wrong in the window before. */
static void
test_kernel_counts_fail(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const files[] = {"proc/vmstat", "proc/stat"};
	static const gchar *const counts[] = {"page_faults", "context_switches"};

	open_run(run);
	for (guint broken = 1; broken < 4; broken++) {
		gint fds[2];
		sampler_run_write(run, files[0], "pgfault x\n");
		sampler_run_write(run, files[1], "ctxt 0\n");
		count(run, 1, work);
		for (guint i = 0; i < 2; i++)
			sampler_run_assert_state(run, counts[i], VMFC_STATE_UNSUPPORTED,
						 "/proc/* has no line *");
		for (guint i = 0; i < 2; i++)
			fds[i] = broken >> i & 1 ? sampler_run_break(run, files[i]) : -1;
		sampler_run_write(run, files[0], "pgfault 1000\n");
		sampler_run_write(run, files[1], "ctxt 2000\n");
		g_assert_cmpint(sampler_run_tick(run, 1), ==, VMFC_ANSWER_FAILED);
		/* of two errors the first one is told */
		g_assert_nonnull(strstr(run->error->message, files[broken == 2 ? 1 : 0]));
		for (guint i = 0; i < 2; i++) {
			sampler_run_assert_state(run, counts[i], VMFC_STATE_OK, NULL);
			if (fds[i] >= 0)
				sampler_run_mend(run, files[i], fds[i]);
		}
		sampler_run_tick(run, 1);
		for (guint i = 0; i < 2; i++)
			sampler_run_assert(run, counts[i], fds[i] >= 0 ? NAN : 0);
		sampler_run_tick(run, 1);
		for (guint i = 0; i < 2; i++)
			sampler_run_assert(run, counts[i], 0);
	}
}

/* What the kernel itself counts has a limit, too, in the time since its last reading. */
static void
test_kernel_counts(SamplerRun *run, G_GNUC_UNUSED gconstpointer data)
{
	/* 0.1 per ns and CPU, in a window of a second, which is read up to 0.1 s late */
	gdouble most = 0.11e9 * (gdouble)sysconf(_SC_NPROCESSORS_CONF);
	const struct {
		gdouble growth; /* of the faults; negative: unreadable */
		gdouble seconds;
		gboolean is_known;
		VmfcState state;
	} cases[] = {
		{7, 1, TRUE, VMFC_STATE_OK},
		{0.99 * most, 1, TRUE, VMFC_STATE_OK},
		{1.01 * most, 1, FALSE, VMFC_STATE_IMPLAUSIBLE},
		{5, 1, TRUE, VMFC_STATE_OK},
		{1.8 * most, 2, TRUE, VMFC_STATE_OK},
		{2 * most, 2, FALSE, VMFC_STATE_IMPLAUSIBLE},
		{-1, 1, FALSE, VMFC_STATE_UNSUPPORTED},
		/* of which it is not known since when */
		{50 * most, 1, FALSE, VMFC_STATE_OK},
		{6, 1, TRUE, VMFC_STATE_OK},
	};
	gdouble total = 1000;

	open_run(run);
	count(run, 1, work);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		total += MAX(cases[i].growth, 0);
		g_autofree gchar *text = g_strdup_printf("pgfault %.0f\n", total);
		g_autofree gchar *stat = g_strdup_printf("ctxt %u\n", 2003 + 3 * i);
		sampler_run_write(run, "proc/vmstat", cases[i].growth < 0 ? "pgfault x\n" : text);
		sampler_run_write(run, "proc/stat", stat);
		g_test_message("case %u", i);
		g_assert_cmpint(sampler_run_tick(run, cases[i].seconds), ==, VMFC_ANSWER_DONE);
		gdouble is = sampler_run_get(run, "page_faults");
		g_assert_cmpint(!isnan(is), ==, cases[i].is_known);
		if (cases[i].is_known)
			g_assert_cmpfloat_with_epsilon(is, cases[i].growth, 1);
		sampler_run_assert_state(
			run, "page_faults", cases[i].state,
			cases[i].state == VMFC_STATE_IMPLAUSIBLE   ? "its total grew by more *"
			: cases[i].state == VMFC_STATE_UNSUPPORTED ? "/proc/vmstat has no line *"
								   : NULL);
		sampler_run_assert(run, "context_switches", 3);
	}
}

#define ADD(path, test) g_test_add("/perf-sampler/" path, SamplerRun, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("columns", test_columns);
	ADD("turns", test_turns);
	ADD("crowded", test_crowded);
	ADD("denominator", test_denominator);
	ADD("refused", test_refused);
	ADD("all-refused", test_all_refused);
	ADD("switched-off", test_switched_off);
	ADD("cpus", test_cpus);
	ADD("cpus/comes-back", test_cpu_comes_back);
	ADD("kernel-counts", test_kernel_counts);
	ADD("kernel-counts/fail", test_kernel_counts_fail);
	return g_test_run();
}
