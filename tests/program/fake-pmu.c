/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Loaded before libc (LD_PRELOAD): a PMU for machines that have none, on any number of CPUs. Its
 * time is the number of readings: from one reading of a group to the next pass 100 ms, in which
 * each counter grows at its own rate. So what a test sees does not depend on how fast it runs.
 *
 * What is wrong with it is in FAKE_PMU: FAULT:CPU:EVENT:FROM:TO[;…]. CPU and EVENT (a number of
 * PERF_COUNT_HW_*) may be *, for all. The fault holds in the readings number FROM to TO; reading 0
 * is the one when the group is opened.
 *
 *   still     the count stands still                idle      the count grows by 1000
 *   jump      the count grows by 2^48 more          back      the count goes back by 1000
 *   many      the count grows 100 times faster      turns     half the time another group has its
 * turn uncounted no counter is free                    over      time running grows twice as fast
 *   frozen    times and counts stand still          gone      a reading gives nothing
 *   backtime  time running goes back                absent    the event cannot be opened (ENOENT)
 *   refused   likewise, EMFILE                    general   it has no counter of its own
 *
 * Cycles, instructions and reference cycles have a counter of their own each, other events share
 * the four general ones, or as many as FAKE_PMU_COUNTERS says: a group that needs more is refused
 * (EINVAL). What is wrong with the turns of one event of a group is so with the whole group.
 *
 * With FAKE_PMU_FILES, FROM:FILE:TEXT[;…], TEXT is written into FILE in reading FROM of CPU 0.
 */

/* which has the header define the read() that this file defines */
#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT	  __attribute__((visibility("default")))
#define N_FILES	  4096
#define GROUP	  8
#define STEP_NS	  100000000
#define N_EVENTS  10
#define N_GENERAL 4
#define ANY	  -1
#define AS_OPENED 0

typedef struct {
	int is_event;
	int cpu;
	int event;
	int leader;  /* its file descriptor */
	int reading; /* of the leader */
	int n_members;
	int members[GROUP];
	int64_t enabled;
	int64_t running;
	int64_t count;
} Event;

static Event files[N_FILES];

/* in a ns: cycles, instructions, cache references and misses, branches and misses; reference
 * cycles. It has no event without a rate. */
static const double rates[N_EVENTS] = {
	[PERF_COUNT_HW_CPU_CYCLES] = 2.5,	 [PERF_COUNT_HW_INSTRUCTIONS] = 4,
	[PERF_COUNT_HW_CACHE_REFERENCES] = 0.05, [PERF_COUNT_HW_CACHE_MISSES] = 0.01,
	[PERF_COUNT_HW_BRANCH_INSTRUCTIONS] = 1, [PERF_COUNT_HW_BRANCH_MISSES] = 0.1,
	[PERF_COUNT_HW_REF_CPU_CYCLES] = 2,
};

static int
parse_number(const char *text)
{
	return text[0] == '*' ? ANY : atoi(text);
}

static int
has_fault(const char *name, const Event *event, int reading)
{
	const char *text = getenv("FAKE_PMU");

	while (text != NULL && *text != '\0') {
		char fault[16], cpu[8], id[8];
		int from, to;
		if (sscanf(text, "%15[^:]:%7[^:]:%7[^:]:%d:%d", fault, cpu, id, &from, &to) == 5 &&
		    strcmp(fault, name) == 0 && reading >= from && reading <= to &&
		    (parse_number(cpu) == ANY || parse_number(cpu) == event->cpu) &&
		    (parse_number(id) == ANY || parse_number(id) == event->event))
			return 1;
		text = strchr(text, ';');
		text = text != NULL ? text + 1 : NULL;
	}
	return 0;
}

static void
write_files(int reading)
{
	const char *text = getenv("FAKE_PMU_FILES");

	while (text != NULL && *text != '\0') {
		char path[512], line[64];
		int from;
		if (sscanf(text, "%d:%511[^:]:%63[^;]", &from, path, line) == 3 &&
		    reading == from) {
			FILE *file = fopen(path, "w");
			if (file != NULL) {
				fprintf(file, "%s\n", line);
				fclose(file);
			}
		}
		text = strchr(text, ';');
		text = text != NULL ? text + 1 : NULL;
	}
}

static void
grow(Event *event, const Event *leader, double running)
{
	int reading = leader->reading;
	double growth = rates[event->event] * running;

	if (has_fault("still", event, reading))
		growth = 0;
	if (has_fault("idle", event, reading))
		growth = 1000;
	if (has_fault("jump", event, reading))
		growth += (double)(1ll << 48);
	if (has_fault("many", event, reading))
		growth *= 100;
	if (has_fault("back", event, reading))
		growth = -1000;
	event->count += (int64_t)growth;
}

/* Whether the fault is one of any event of the group. */
static int
group_has_fault(const char *name, const Event *leader)
{
	for (int i = 0; i < leader->n_members; i++) {
		if (has_fault(name, &files[leader->members[i]], leader->reading))
			return 1;
	}
	return 0;
}

static void
pass_time(Event *leader)
{
	double running = STEP_NS;

	if (has_fault("frozen", leader, leader->reading))
		return;
	if (group_has_fault("turns", leader))
		running /= 2;
	if (group_has_fault("uncounted", leader))
		running = 0;
	for (int i = 0; i < leader->n_members; i++)
		grow(&files[leader->members[i]], leader, running);
	if (has_fault("over", leader, leader->reading))
		running *= 2;
	if (has_fault("backtime", leader, leader->reading))
		running = -1;
	leader->enabled += STEP_NS;
	leader->running += (int64_t)running;
}

static ssize_t
read_group(Event *leader, uint64_t *values)
{
	if (leader->cpu == 0 && leader->event == 0)
		write_files(leader->reading);
	pass_time(leader);
	int reading = leader->reading++;
	if (has_fault("gone", leader, reading))
		return 0;
	values[0] = (uint64_t)leader->n_members;
	values[1] = (uint64_t)leader->enabled;
	values[2] = (uint64_t)leader->running;
	for (int i = 0; i < leader->n_members; i++)
		values[3 + i] = (uint64_t)files[leader->members[i]].count;
	return (3 + leader->n_members) * (ssize_t)sizeof(uint64_t);
}

static int
needs_general_counter(const Event *event)
{
	return has_fault("general", event, AS_OPENED) ||
	       (event->event != PERF_COUNT_HW_CPU_CYCLES &&
		event->event != PERF_COUNT_HW_INSTRUCTIONS &&
		event->event != PERF_COUNT_HW_REF_CPU_CYCLES);
}

static int
fits(const Event *event, int leader)
{
	const char *counters = getenv("FAKE_PMU_COUNTERS");
	int n_needed = needs_general_counter(event);

	for (int i = 0; leader >= 0 && i < files[leader].n_members; i++)
		n_needed += needs_general_counter(&files[files[leader].members[i]]);
	return n_needed <= (counters != NULL ? atoi(counters) : N_GENERAL);
}

static long
open_event(const struct perf_event_attr *attr, int cpu, int leader)
{
	Event event = {.is_event = 1, .cpu = cpu, .event = (int)attr->config};

	if (attr->type != PERF_TYPE_HARDWARE || attr->config >= N_EVENTS ||
	    rates[attr->config] == 0) {
		errno = ENOENT;
		return -1;
	}
	if (has_fault("absent", &event, AS_OPENED) || has_fault("refused", &event, AS_OPENED)) {
		errno = has_fault("absent", &event, AS_OPENED) ? ENOENT : EMFILE;
		return -1;
	}
	if (!fits(&event, leader)) {
		errno = EINVAL;
		return -1;
	}
	int fd = eventfd(0, EFD_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fd >= N_FILES)
		abort();
	if (leader < 0)
		leader = fd;
	event.leader = leader;
	files[fd] = event;
	files[leader].members[files[leader].n_members++] = fd;
	return fd;
}

static int
is_event(int fd)
{
	return fd >= 0 && fd < N_FILES && files[fd].is_event;
}

/* Takes it out of its group, whose other events count on. */
static void
close_event(int fd)
{
	Event *leader = &files[files[fd].leader];
	int n_left = 0;

	files[fd].is_event = 0;
	for (int i = 0; i < leader->n_members; i++) {
		if (leader->members[i] != fd)
			leader->members[n_left++] = leader->members[i];
	}
	leader->n_members = n_left;
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

EXPORT long
syscall(long number, ...)
{
	long values[6];
	va_list arguments;
	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		values[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_perf_event_open)
		return open_event((const struct perf_event_attr *)values[0], (int)values[2],
				  (int)values[3]);
	return REAL(long, "syscall", long, ...)(number, values[0], values[1], values[2], values[3],
						values[4], values[5]);
}

EXPORT int
ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	return is_event(fd) ? 0
			    : REAL(int, "ioctl", int, unsigned long, ...)(fd, request, argument);
}

EXPORT ssize_t
read(int fd, void *buffer, size_t size)
{
	return is_event(fd) ? read_group(&files[fd], buffer)
			    : REAL(ssize_t, "read", int, void *, size_t)(fd, buffer, size);
}

EXPORT int
close(int fd)
{
	if (is_event(fd))
		close_event(fd);
	return REAL(int, "close", int)(fd);
}
