/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A fixed amount of work in a thread on each CPU: what a program that computes loses to whatever
 * else runs shows in how long it takes. Threads stay where they are, or it would show as well how
 * well the kernel has spread them.
 *
 *   job STEPS
 *
 * Each step is some arithmetic and one access to a table as large as a second-level cache, so that
 * it also shows when others use the caches. Prints in ns: the time from the start of all threads to
 * the end of the last one, the CPU time of all, and for how long they could have run but had to
 * wait, as the kernel has it (/proc/PID/task/TID/schedstat,
 * Documentation/scheduler/sched-stats.rst).
 */

#include <err.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TABLE_SIZE (256 * 1024 / sizeof(uint32_t))

typedef struct {
	pthread_t id;
	size_t cpu_number;
	pthread_barrier_t *start;
	int64_t n_steps;
	uint32_t *table;
	uint64_t result; /* so that nothing is left out */
	int64_t cpu;	 /* ns */
	int64_t waited;	 /* ns */
	int64_t end;	 /* CLOCK_MONOTONIC, ns */
} Worker;

static int64_t
get_time(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* For how long the calling thread has waited for a CPU since it began, in ns. */
static int64_t
read_waited(void)
{
	char path[64];
	int64_t waited;

	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", (int)gettid());
	FILE *file = fopen(path, "re");
	if (file == NULL || fscanf(file, "%*d %" SCNd64, &waited) != 1)
		errx(1, "%s: this kernel does not tell how long a thread has waited", path);
	fclose(file);
	return waited;
}

static void
stay_on(size_t cpu)
{
	cpu_set_t here;
	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	if (pthread_setaffinity_np(pthread_self(), sizeof(here), &here) != 0)
		errx(1, "a thread cannot be kept on CPU %zu", cpu);
}

static uint64_t
compute(int64_t n_steps, uint32_t *table)
{
	uint64_t state = 1;

	for (int64_t i = 0; i < n_steps; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		state ^= table[(state >> 40) % TABLE_SIZE]++;
	}
	return state;
}

static void *
work(void *data)
{
	Worker *self = data;

	stay_on(self->cpu_number);
	compute(self->n_steps / 100, self->table);
	pthread_barrier_wait(self->start);
	int64_t cpu = get_time(CLOCK_THREAD_CPUTIME_ID);
	int64_t waited = read_waited();
	self->result = compute(self->n_steps, self->table);
	self->end = get_time(CLOCK_MONOTONIC);
	self->cpu = get_time(CLOCK_THREAD_CPUTIME_ID) - cpu;
	self->waited = read_waited() - waited;
	return NULL;
}

/* The next CPU that we may run on. */
static size_t
next_cpu(const cpu_set_t *cpus, size_t cpu)
{
	while (!CPU_ISSET(cpu, cpus))
		cpu++;
	return cpu;
}

int
main(int argc, char *argv[])
{
	int64_t n_steps = argc == 2 ? strtoll(argv[1], NULL, 10) : 0;
	pthread_barrier_t start;
	cpu_set_t cpus;

	if (n_steps < 1)
		errx(2, "usage: job STEPS");
	if (sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		err(1, "the CPUs that may be used");
	int n_threads = CPU_COUNT(&cpus);
	Worker *workers = calloc((size_t)n_threads, sizeof(*workers));
	if (workers == NULL || pthread_barrier_init(&start, NULL, (unsigned)n_threads + 1) != 0)
		errx(1, "no memory");
	for (int i = 0; i < n_threads; i++) {
		workers[i].cpu_number = next_cpu(&cpus, i > 0 ? workers[i - 1].cpu_number + 1 : 0);
		workers[i].start = &start;
		workers[i].n_steps = n_steps;
		workers[i].table = calloc(TABLE_SIZE, sizeof(*workers[i].table));
		if (workers[i].table == NULL ||
		    pthread_create(&workers[i].id, NULL, work, &workers[i]) != 0)
			errx(1, "no memory");
	}
	pthread_barrier_wait(&start);
	int64_t begin = get_time(CLOCK_MONOTONIC);
	int64_t end = begin, cpu = 0, waited = 0;
	uint64_t result = 0;
	for (int i = 0; i < n_threads; i++) {
		pthread_join(workers[i].id, NULL);
		end = workers[i].end > end ? workers[i].end : end;
		cpu += workers[i].cpu;
		waited += workers[i].waited;
		result += workers[i].result;
		free(workers[i].table);
	}
	printf("{\"wall\": %" PRId64 ", \"cpu\": %" PRId64 ", \"waited\": %" PRId64
	       ", \"result\": %" PRIu64 "}\n",
	       end - begin, cpu, waited, result);
	free(workers);
	return 0;
}
