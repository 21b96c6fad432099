/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which events are found to be available, in a kernel of the test's own. */

#include "perf/events.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "perf-fakes.h"

#define CPU    7
#define NOBODY G_MAXUINT

/* A group is refused if its PMU could not count it at once, see validate_group() of the kernel. */
static struct {
	gint failures[PERF_N_EVENTS]; /* errno; 0: the event is available */
	guint n_counters;
	gboolean has_separate; /* a counter for the reference cycles only */
	gint leader;	       /* -1: no group */
	guint n_members;       /* that take one of the counters */
	guint n_files;	       /* of the group, besides the leader's */
	guint n_opened[PERF_N_EVENTS];
} kernel;

#pragma GCC visibility push(default)
int
__wrap_close(int fd);
extern int
__real_close(int fd);
#pragma GCC visibility pop

static gboolean
takes_counter(PerfEventId id)
{
	return id != PERF_REF_CYCLES || !kernel.has_separate;
}

static gint
refuse(gint failure)
{
	errno = failure;
	return -1;
}

/* perf_event_open(2) */
long
__wrap_syscall(long number, ...)
{
	va_list arguments;

	va_start(arguments, number);
	PerfOpenCall call = perf_open_call_read(number, arguments);
	va_end(arguments);
	PerfEventId id = (PerfEventId)call.attr->config;

	g_assert_cmpint(call.cpu, ==, CPU);
	kernel.n_opened[id]++;
	if (kernel.failures[id] != 0)
		return refuse(kernel.failures[id]);
	if (call.leader == -1) {
		kernel.leader = -1;
		kernel.n_members = 0;
	} else {
		g_assert_cmpint(call.leader, ==, kernel.leader);
		g_assert_false(call.attr->disabled); /* it would never count */
	}
	if (kernel.n_members + takes_counter(id) > kernel.n_counters)
		return refuse(EINVAL);
	kernel.n_members += takes_counter(id);
	gint fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (call.leader == -1 && call.attr->disabled)
		kernel.leader = fd;
	kernel.n_files += call.leader != -1;
	return fd;
}

/* The leader is the last: a member that outlives it would count alone. */
int
__wrap_close(int fd)
{
	if (fd == kernel.leader) {
		g_assert_cmpuint(kernel.n_files, ==, 0);
		kernel.leader = -1;
		kernel.n_members = 0;
	} else if (kernel.leader >= 0) {
		kernel.n_files--;
	}
	return __real_close(fd);
}

typedef struct {
	PerfEvent events[PERF_N_EVENTS];
	gint first_free; /* the number that the next file gets */
} Fixture;

static gint
find_free(void)
{
	gint fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	__real_close(fd);
	return fd;
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.leader = -1;
	kernel.n_counters = 8;
	kernel.has_separate = TRUE;
	perf_fakes_init_events(fixture->events);
	fixture->first_free = find_free();
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	perf_events_clear(fixture->events);
	g_assert_cmpint(find_free(), ==, fixture->first_free);
}

/* All but @lost and @other are available; @reason: how that of @lost begins. */
static void
try_events(Fixture *fixture, guint lost, VmfcState state, const gchar *reason, guint other)
{
	perf_events_try(fixture->events, CPU);
	for (guint i = 0; i < PERF_N_EVENTS; i++) {
		const PerfEvent *event = &fixture->events[i];
		if (i == lost) {
			g_assert_cmpint(event->state, ==, state);
			g_assert_true(g_str_has_prefix(event->reason, reason));
		} else if (i != other) {
			g_assert_cmpint(event->state, ==, VMFC_STATE_OK);
			g_assert_null(event->reason);
		}
	}
}

static void
start_again(Fixture *fixture)
{
	tear_down(fixture, NULL);
	set_up(fixture, NULL);
}

/* What one event lacks is said of that one, whichever it is. */
static void
test_one(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gint failure;
		VmfcState state;
		const gchar *reason;
	} cases[] = {
		{ENOENT, VMFC_STATE_UNSUPPORTED, "the hardware counters of this machine do not"},
		{EPERM, VMFC_STATE_DENIED, "perf_event_open is refused"},
		{EBUSY, VMFC_STATE_UNSUPPORTED, "perf_event_open failed: "},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (guint id = 0; id < PERF_N_EVENTS; id++) {
			start_again(fixture);
			kernel.failures[id] = cases[i].failure;
			try_events(fixture, id, cases[i].state, cases[i].reason, NOBODY);
		}
	}
}

/* Software events say nothing about the hardware's. */
static void
test_no_pmu(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint id = 0; id < PERF_N_EVENTS; id++)
		kernel.failures[id] = perf_event_is_hardware(id) ? ENOENT : 0;
	perf_events_try(fixture->events, CPU);
	for (guint id = 0; id < PERF_N_EVENTS; id++) {
		const PerfEvent *event = &fixture->events[id];
		gboolean is_hardware = perf_event_is_hardware(id);
		g_assert_cmpint(event->state, ==,
				is_hardware ? VMFC_STATE_UNSUPPORTED : VMFC_STATE_OK);
		g_assert_cmpstr(event->reason, ==,
				is_hardware ? "this machine has no such hardware counter" : NULL);
	}
}

/* What has no name, or was refused before, is not opened and keeps what is said of it. */
static void
test_not_tried(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->events[PERF_BRANCHES].name = "";
	perf_event_refuse(&fixture->events[PERF_CACHE_MISSES], VMFC_STATE_DENIED, "why", NULL);
	kernel.failures[PERF_CACHE_MISSES] = ENOENT;
	try_events(fixture, PERF_CACHE_MISSES, VMFC_STATE_DENIED, "why", NOBODY);
	g_assert_cmpuint(kernel.n_opened[PERF_CACHE_MISSES], ==, 0);
	g_assert_cmpuint(kernel.n_opened[PERF_CYCLES], ==, 2);
	g_assert_cmpuint(kernel.n_opened[PERF_PAGE_FAULTS], ==, 1);
}

/*
 * The reference cycles are counted if they need no counter of the others, however many of those
 * there are.
 */
static void
test_separate(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar reason[] = "not counted: the PMU has no separate counter";

	for (guint n_counters = 1; n_counters <= 8; n_counters++) {
		start_again(fixture);
		kernel.n_counters = n_counters;
		try_events(fixture, NOBODY, VMFC_STATE_OK, NULL, NOBODY);
		start_again(fixture);
		kernel.n_counters = n_counters;
		kernel.has_separate = FALSE;
		/* seven with the reference cycles */
		try_events(fixture, n_counters < 7 ? PERF_REF_CYCLES : NOBODY,
			   VMFC_STATE_UNSUPPORTED, reason, NOBODY);
	}
	/* what cannot be counted needs no counter */
	start_again(fixture);
	kernel.n_counters = 6;
	kernel.has_separate = FALSE;
	kernel.failures[PERF_CYCLES] = ENOENT;
	try_events(fixture, NOBODY, VMFC_STATE_OK, NULL, PERF_CYCLES);
	g_assert_cmpint(fixture->events[PERF_CYCLES].state, ==, VMFC_STATE_UNSUPPORTED);
}

#define ADD(path, func) g_test_add("/perf-events/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("one", test_one);
	ADD("no-pmu", test_no_pmu);
	ADD("not-tried", test_not_tried);
	ADD("separate", test_separate);
	return g_test_run();
}
