/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * What it costs to read the events of many CPUs, as far as it can be measured on a machine of few.
 *
 *   cpus CPUS ROUNDS
 *
 * Groups of events, three for each CPU as where there is a PMU, are opened and read by the
 * sampler's own code; events that never happen stand for those of a PMU. The floor reads the same
 * files and does nothing else. First the CPUs of this machine stand for those that it lacks, in
 * turn: ours and the floor's reading in turn, one every 50 ms. Then they are all on this thread's
 * own CPU, which need not be interrupted, and are read one time after the other: what vmfc adds to
 * the reading itself would be lost in the noise of interrupts.
 *
 * Prints the CPU time of this thread in µs, medians: of all groups paced, and of one on the own
 * CPU.
 */

#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "perf/counters.h"
#include "timing.h"

#define PAUSE_US   50000
#define N_WARM_UP  2
#define MAX_ROUNDS 1000

static const PerfEventId shapes[][PERF_PAIR] = {
	{PERF_CYCLES, PERF_INSTRUCTIONS},
	{PERF_CACHE_REFERENCES, PERF_CACHE_MISSES},
	{PERF_BRANCHES, PERF_BRANCH_MISSES},
};

typedef struct {
	PerfEvent events[PERF_N_EVENTS];
	PerfCounters counters;
} Bench;

/* What is read in one go, and the µs of CPU time that each took. */
typedef struct {
	void (*read)(Bench *bench);
	gdouble values[MAX_ROUNDS];
} Part;

static void
read_ours(Bench *bench)
{
	PerfWindow window;
	perf_counters_read(&bench->counters, &window);
	if (window.cpu_lost)
		errx(1, "an event cannot be read");
}

static void
read_floor(Bench *bench)
{
	PerfReading reading;

	for (guint i = 0; i < bench->counters.groups->len; i++) {
		const PerfGroup *group = &g_array_index(bench->counters.groups, PerfGroup, i);
		if (read(group->fds[0], &reading, sizeof(reading)) < 0)
			err(1, "an event cannot be read");
	}
}

/* @n_real: how many CPUs of this machine stand for the @n_cpus */
static void
bench_open(Bench *bench, guint n_cpus, guint n_real)
{
	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		bench->events[i].name = perf_event_is_hardware(i) ? "stand-in" : "";
		bench->events[i].attr = (struct perf_event_attr){
			.type = PERF_TYPE_SOFTWARE,
			.size = sizeof(struct perf_event_attr),
			.config = i % 2 == 0 ? PERF_COUNT_SW_ALIGNMENT_FAULTS
					     : PERF_COUNT_SW_EMULATION_FAULTS,
		};
	}
	bench->counters.cpus = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint i = 0; i < n_cpus; i++) {
		guint cpu = i % n_real;
		g_array_append_val(bench->counters.cpus, cpu);
	}
	perf_counters_init(&bench->counters, bench->events, shapes, G_N_ELEMENTS(shapes));
	perf_counters_open_first(&bench->counters);
	if (bench->counters.groups->len != n_cpus * G_N_ELEMENTS(shapes))
		errx(1, "not all groups can be opened: %s", bench->events[0].reason);
}

static void
bench_close(Bench *bench)
{
	perf_counters_clear(&bench->counters);
	g_array_unref(bench->counters.cpus);
	perf_events_clear(bench->events);
}

/* CPU 0 is to be our own. */
static void
stay_here(void)
{
	cpu_set_t own;
	CPU_ZERO(&own);
	CPU_SET(0, &own);
	if (sched_setaffinity(0, sizeof(own), &own) < 0)
		err(1, "this thread cannot be kept on one CPU");
}

/* @paced: whether there is a rest before each */
static void
measure(Bench *bench, Part parts[2], guint n_rounds, gboolean paced)
{
	for (guint i = 0; i < n_rounds + N_WARM_UP; i++) {
		for (guint j = 0; j < 2; j++) {
			if (paced)
				g_usleep(PAUSE_US);
			gint64 start = timing_get_cpu();
			parts[j].read(bench);
			parts[j].values[i < N_WARM_UP ? 0 : i - N_WARM_UP] = timing_get_us_since(
				start);
		}
	}
}

static void
print_costs(guint n_cpus, guint n_real, guint n_rounds, gboolean paced)
{
	g_autofree Part *parts = g_new0(Part, 2);
	Bench bench = {0};

	parts[0].read = read_ours;
	parts[1].read = read_floor;
	bench_open(&bench, n_cpus, n_real);
	measure(&bench, parts, n_rounds, paced);
	guint n = paced ? 1 : bench.counters.groups->len;
	printf("{\"ours\": %.3f, \"floor\": %.3f}",
	       timing_take_median(parts[0].values, n_rounds) / n,
	       timing_take_median(parts[1].values, n_rounds) / n);
	bench_close(&bench);
}

int
main(int argc, char *argv[])
{
	guint n_cpus = argc == 3 ? (guint)atoi(argv[1]) : 0;
	guint n_rounds = argc == 3 ? (guint)atoi(argv[2]) : 0;

	if (n_cpus < 1 || n_rounds < 1 || n_rounds > MAX_ROUNDS)
		errx(2, "usage: cpus CPUS ROUNDS; at least 1 CPU and 1 round, at most %d rounds",
		     MAX_ROUNDS);
	stay_here();
	printf("{\"paced\": ");
	print_costs(n_cpus, (guint)sysconf(_SC_NPROCESSORS_ONLN), n_rounds, TRUE);
	printf(", \"own\": ");
	print_costs(n_cpus, 1, n_rounds, FALSE);
	printf("}\n");
	return 0;
}
