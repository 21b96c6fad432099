/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The least that a collector can cost: at every tick it reads the kernel's files and the groups of
 * events and writes as many bytes to as many files as vmfc, and does nothing else: one thread, no
 * library, nothing parsed, nothing formatted. What vmfc costs is measured against it.
 *
 * There are two: the naive floor reads all that the columns of perf,proc can come from, the true
 * one (--true) exactly what vmfc reads on this machine.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_US   INT64_C(1000)
#define NS_PER_S    INT64_C(1000000000)
#define BUFFER_SIZE (256 * 1024)
#define MAX_TEXTS   8
#define GROUP_SIZE  2
/* files that are open beside those of the events */
#define OTHER_FILES 64
/* about what a record of perf,proc takes in each format */
#define JSON_SIZE 1300
#define CSV_SIZE  450

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

typedef struct {
	int64_t interval; /* ns */
	int64_t duration; /* ns */
	const char *folder;
	const char *root; /* in front of /proc and /sys */
	bool true_floor;
} Options;

/* What is open, and room for what is read and written. */
typedef struct {
	int texts[MAX_TEXTS];
	size_t n_texts;
	int proc;    /* -1 where it is not asked for */
	int *groups; /* the leader of each */
	size_t n_groups;
	int json, csv;
	char *buffer;
	char record[JSON_SIZE];
} Floor;

typedef struct {
	int64_t *lateness; /* ns, of every tick but the first */
	int64_t n;
	int64_t missed;
} Result;

/* As vmfc groups them: the two sides of a ratio, and the kernel's own. */
static const struct {
	uint32_t type;
	uint64_t configs[GROUP_SIZE];
} shapes[] = {
	{PERF_TYPE_HARDWARE, {PERF_COUNT_HW_CPU_CYCLES, PERF_COUNT_HW_INSTRUCTIONS}},
	{PERF_TYPE_HARDWARE, {PERF_COUNT_HW_CACHE_REFERENCES, PERF_COUNT_HW_CACHE_MISSES}},
	{PERF_TYPE_HARDWARE, {PERF_COUNT_HW_BRANCH_INSTRUCTIONS, PERF_COUNT_HW_BRANCH_MISSES}},
	{PERF_TYPE_SOFTWARE, {PERF_COUNT_SW_PAGE_FAULTS, PERF_COUNT_SW_CONTEXT_SWITCHES}},
};

/* ------------------------------------------------------------ options */

static int64_t
parse_seconds(const char *name, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !(seconds >= 0.001 && seconds <= 1e6))
		errx(2, "--%s is '%s', but must be a number of seconds, at least 0.001", name,
		     text);
	return (int64_t)(seconds * (double)NS_PER_S + 0.5);
}

static Options
parse_options(int argc, char *argv[])
{
	static const struct option known[] = {
		{"interval", required_argument, NULL, 'i'},
		{"duration", required_argument, NULL, 'd'},
		{"output-folder", required_argument, NULL, 'o'},
		{"root", required_argument, NULL, 'r'},
		{"true", no_argument, NULL, 't'},
		{NULL, 0, NULL, 0},
	};
	Options options = {NS_PER_S, 10 * NS_PER_S, ".", "", false};
	int letter;

	while ((letter = getopt_long(argc, argv, "i:d:o:r:t", known, NULL)) != -1) {
		if (letter == 'i')
			options.interval = parse_seconds("interval", optarg);
		else if (letter == 'd')
			options.duration = parse_seconds("duration", optarg);
		else if (letter == 'o')
			options.folder = optarg;
		else if (letter == 'r')
			options.root = optarg;
		else if (letter == 't')
			options.true_floor = true;
		else
			errx(2, "known are --interval SECONDS, --duration SECONDS, "
				"--output-folder FOLDER, --root FOLDER and --true");
	}
	if (optind < argc)
		errx(2, "'%s' is not an option", argv[optind]);
	if (options.duration < options.interval)
		errx(2, "--duration is shorter than --interval");
	return options;
}

/* ------------------------------------------------------------- events */

static int
open_event(size_t shape, size_t member, int cpu, int leader)
{
	/* every bit as vmfc asks for it */
	const struct perf_event_attr attr = {
		.type = shapes[shape].type,
		.size = sizeof(attr),
		.config = shapes[shape].configs[member],
		.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = member == 0,
		.exclude_hv = 1,
		.exclude_guest = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, leader, PERF_FLAG_FD_CLOEXEC);
}

/*
 * The leader disabled, its member enabled, then the leader enabled: see plugins/perf/group.c.
 * A group that cannot be had is left out. Where a hypervisor has a PMU that counts nothing, vmfc
 * leaves its groups out as well, and the floor pays for reading them.
 */
static void
open_group(Floor *self, size_t shape, int cpu)
{
	int leader = open_event(shape, 0, cpu, -1);
	if (leader < 0)
		return;
	for (size_t i = 1; i < GROUP_SIZE; i++) {
		/* a member stays open as long as the process: nobody asks for it by itself */
		if (open_event(shape, i, cpu, leader) < 0) {
			close(leader);
			return;
		}
	}
	if (ioctl(leader, PERF_EVENT_IOC_ENABLE, 0) < 0)
		err(1, "an event cannot be enabled");
	self->groups = realloc(self->groups, (self->n_groups + 1) * sizeof(*self->groups));
	if (self->groups == NULL)
		err(1, "no memory");
	self->groups[self->n_groups++] = leader;
}

static void
open_groups_of_cpu(Floor *self, const Options *options, int cpu)
{
	for (size_t i = 0; i < LENGTH(shapes); i++) {
		bool hardware = shapes[i].type == PERF_TYPE_HARDWARE;
		/* vmfc has page faults and context switches from /proc */
		if (hardware || !options->true_floor)
			open_group(self, i, cpu);
	}
}

/* @list: such as "0-3,8" */
static void
open_groups(Floor *self, const Options *options, const char *list)
{
	char *at = (char *)list;

	while (*at >= '0' && *at <= '9') {
		long first = strtol(at, &at, 10);
		long last = *at == '-' ? strtol(at + 1, &at, 10) : first;
		for (long cpu = first; cpu <= last; cpu++)
			open_groups_of_cpu(self, options, (int)cpu);
		if (*at == ',')
			at++;
	}
}

/* ------------------------------------------------------------ opening */

static int
open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0666);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

/* A file of the kernel's, below the root. */
static int
open_below(const Options *options, const char *path, int flags)
{
	char whole[4096];

	if (snprintf(whole, sizeof(whole), "%s%s", options->root, path) >= (int)sizeof(whole))
		errx(2, "--root is too long");
	return open_or_die(whole, flags);
}

static void
open_text(Floor *self, const Options *options, const char *path)
{
	self->texts[self->n_texts++] = open_below(options, path, O_RDONLY);
}

static void
open_texts(Floor *self, const Options *options)
{
	static const char *const paths[] = {
		"/proc/stat",	 "/proc/meminfo", "/proc/diskstats",
		"/proc/net/dev", "/proc/loadavg", "/proc/vmstat",
	};

	for (size_t i = 0; i < LENGTH(paths); i++)
		open_text(self, options, paths[i]);
	/* with events it looks whether the CPUs are still the same, and it counts the processes */
	if (options->true_floor && self->n_groups > 0)
		open_text(self, options, "/sys/devices/system/cpu/online");
	self->proc = options->true_floor ? open_below(options, "/proc", O_RDONLY | O_DIRECTORY)
					 : -1;
}

static int
create_output(const Options *options, const char *name)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/%s", options->folder, name) >= (int)sizeof(path))
		errx(2, "--output-folder is too long");
	return open_or_die(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
}

static void
read_text(const Floor *self, int fd)
{
	if (pread(fd, self->buffer, BUFFER_SIZE - 1, 0) < 0)
		err(1, "a file of the kernel cannot be read");
}

static void
raise_file_limit(void)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t)sysconf(_SC_NPROCESSORS_CONF) * LENGTH(shapes) * GROUP_SIZE +
			OTHER_FILES;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void
floor_open(Floor *self, const Options *options)
{
	raise_file_limit();
	self->buffer = calloc(1, BUFFER_SIZE);
	if (self->buffer == NULL)
		err(1, "no memory");
	int online = open_below(options, "/sys/devices/system/cpu/online", O_RDONLY);
	read_text(self, online);
	close(online);
	open_groups(self, options, self->buffer);
	open_texts(self, options);
	self->json = create_output(options, "floor.json");
	self->csv = create_output(options, "floor.csv");
	memset(self->record, 'x', sizeof(self->record));
}

/* ----------------------------------------------------------- one tick */

static void
read_all(const Floor *self)
{
	struct stat info;

	/* the events first, like vmfc; a group of a CPU that went offline gives nothing */
	for (size_t i = 0; i < self->n_groups; i++) {
		if (read(self->groups[i], self->buffer, BUFFER_SIZE) < 0)
			err(1, "an event cannot be read");
	}
	for (size_t i = 0; i < self->n_texts; i++)
		read_text(self, self->texts[i]);
	if (self->proc >= 0 && fstat(self->proc, &info) < 0)
		err(1, "/proc");
}

static void
write_all(Floor *self)
{
	/* a new line at the end of both, so that they can be looked at */
	self->record[JSON_SIZE - 1] = '\n';
	if (write(self->json, self->record, JSON_SIZE) != JSON_SIZE ||
	    write(self->csv, self->record + JSON_SIZE - CSV_SIZE, CSV_SIZE) != CSV_SIZE)
		err(1, "a record cannot be written");
}

/* ---------------------------------------------------------- all ticks */

static int64_t
read_clock(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* The next instant of the wall clock's grid, as in core/ticker.c. */
static int64_t
align(int64_t interval)
{
	int64_t grid = interval < NS_PER_S ? interval : NS_PER_S;
	int64_t monotonic = read_clock(CLOCK_MONOTONIC);
	int64_t realtime = read_clock(CLOCK_REALTIME);
	return monotonic + (realtime / grid + 1) * grid - realtime;
}

static void
sleep_until(int64_t deadline)
{
	const struct timespec when = {deadline / NS_PER_S, deadline % NS_PER_S};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
}

/* Like vmfc: the first tick only opens the first window, and what was missed is not made up for. */
static void
run(Floor *self, const Options *options, Result *result)
{
	int64_t n_windows = options->duration / options->interval;
	int64_t t0;

	result->lateness = calloc((size_t)n_windows, sizeof(*result->lateness));
	if (result->lateness == NULL)
		err(1, "no memory");
	t0 = align(options->interval);
	for (int64_t next = 0; next <= n_windows;) {
		sleep_until(t0 + next * options->interval);
		int64_t since = read_clock(CLOCK_MONOTONIC) - t0;
		int64_t index = since / options->interval;
		read_all(self);
		if (next > 0) {
			write_all(self);
			result->lateness[result->n++] = since - index * options->interval;
		}
		result->missed += index - next;
		next = index + 1;
	}
}

/* ------------------------------------------------------------- result */

static double
cpu_us(void)
{
	struct rusage own;

	if (getrusage(RUSAGE_SELF, &own) < 0)
		err(1, "getrusage");
	return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec) * 1e6 +
	       (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec);
}

/* Not ru_maxrss: that also holds what the parent had in memory when it forked. */
static long
max_rss_kib(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	long peak = 0;

	if (status == NULL)
		err(1, "/proc/self/status");
	while (fgets(line, sizeof(line), status) != NULL) {
		if (sscanf(line, "VmHWM: %ld", &peak) == 1)
			break;
	}
	fclose(status);
	return peak;
}

static void
print_result(const Result *result)
{
	double cpu = cpu_us();

	printf("{\"ticks\": %" PRId64 ", \"missed\": %" PRId64 ", \"cpu_us_per_tick\": %.1f, "
	       "\"max_rss_kib\": %ld, \"lateness_us\": [",
	       result->n + 1, result->missed, cpu / (double)(result->n + 1), max_rss_kib());
	for (int64_t i = 0; i < result->n; i++)
		printf("%s%.1f", i > 0 ? ", " : "",
		       (double)result->lateness[i] / (double)NS_PER_US);
	printf("]}\n");
}

int
main(int argc, char *argv[])
{
	Options options = parse_options(argc, argv);
	Floor self = {.n_texts = 0};
	Result result = {0};

	floor_open(&self, &options);
	run(&self, &options, &result);
	print_result(&result);
	free(result.lateness);
	free(self.groups);
	free(self.buffer);
	return 0;
}
