/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * How a group is opened, in a kernel of the test's own. In another order groups of software events
 * count nothing, although they claim to run all the time.
 */

#include "perf/group.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "perf-fakes.h"

static struct {
	guint n_events; /* that are open */
	gint fds[PERF_GROUP_SIZE];
	guint refused; /* the event of this number, with EMFILE */
	gboolean is_enabled;
	gint failure; /* errno of the request to enable; 0: none */
} kernel;

#pragma GCC visibility push(default)
int
__wrap_ioctl(int fd, unsigned long request, ...);
#pragma GCC visibility pop

/* perf_event_open(2) */
long
__wrap_syscall(long number, ...)
{
	va_list arguments;

	va_start(arguments, number);
	PerfOpenCall call = perf_open_call_read(number, arguments);
	va_end(arguments);
	g_assert_cmpint(call.cpu, ==, 7);
	g_assert_false(kernel.is_enabled);
	g_assert_cmpint(call.attr->disabled, ==, kernel.n_events == 0);
	g_assert_cmpint(call.leader, ==, kernel.n_events == 0 ? -1 : kernel.fds[0]);
	g_assert_cmpuint(call.attr->config, ==, 100 + kernel.n_events);
	g_assert_cmpuint(call.attr->read_format, ==,
			 PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
				 PERF_FORMAT_TOTAL_TIME_RUNNING);
	errno = EMFILE;
	if (kernel.n_events == kernel.refused)
		return -1;
	gint fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	kernel.fds[kernel.n_events++] = fd;
	return fd;
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
	g_assert_cmpint(fd, ==, kernel.fds[0]);
	g_assert_cmpuint(request, ==, PERF_EVENT_IOC_ENABLE);
	kernel.is_enabled = TRUE;
	errno = kernel.failure;
	return kernel.failure != 0 ? -1 : 0;
}

/* Opens a group of three. @refused: the number of its event that the kernel refuses */
static gboolean
open_group(PerfGroup *group, guint refused, PerfEventId *failed)
{
	static const PerfEventId ids[] = {PERF_BRANCHES, PERF_BRANCH_MISSES, PERF_CYCLES};
	PerfEvent events[PERF_N_EVENTS] = {0};

	*group = (PerfGroup){.n_events = G_N_ELEMENTS(ids)};
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
		group->events[i] = ids[i];
		events[ids[i]].attr.config = 100 + i;
	}
	kernel.n_events = 0;
	kernel.refused = refused;
	kernel.is_enabled = FALSE;
	return perf_group_open(group, events, 7, failed);
}

static void
test_order(void)
{
	PerfEventId failed;
	PerfGroup group;

	g_assert_true(open_group(&group, G_MAXUINT, &failed));
	g_assert_true(kernel.is_enabled);
	g_assert_cmpuint(kernel.n_events, ==, 3);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpint(group.fds[i], ==, kernel.fds[i]);
	perf_group_close(&group);
	for (guint i = 0; i < 3; i++) {
		g_assert_cmpint(group.fds[i], ==, -1);
		g_assert_cmpint(fcntl(kernel.fds[i], F_GETFD), <, 0);
	}
	kernel.failure = EPERM;
	g_assert_false(open_group(&group, G_MAXUINT, &failed));
	g_assert_cmpint(errno, ==, EPERM);
	g_assert_cmpint(failed, ==, PERF_BRANCHES);
	perf_group_close(&group);
	kernel.failure = 0;
}

/* The user is told which event and why; no file stays open. */
static void
test_refused(void)
{
	static const PerfEventId ids[] = {PERF_BRANCHES, PERF_BRANCH_MISSES, PERF_CYCLES};

	for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
		PerfEventId failed = PERF_N_EVENTS;
		PerfGroup group;
		g_assert_false(open_group(&group, i, &failed));
		g_assert_cmpint(errno, ==, EMFILE);
		g_assert_cmpint(failed, ==, ids[i]);
		g_assert_cmpuint(kernel.n_events, ==, i);
		g_assert_false(kernel.is_enabled);
		for (guint k = 0; k < i; k++)
			g_assert_cmpint(fcntl(kernel.fds[k], F_GETFD), <, 0);
		for (guint k = 0; k < G_N_ELEMENTS(ids); k++)
			g_assert_cmpint(group.fds[k], ==, -1);
	}
}

/* While its CPU is offline nothing can be read, and of another group the answer is no reading. */
static void
test_read(void)
{
	static const struct {
		guint64 n;
		guint n_words;
		gboolean is_good;
	} cases[] = {{2, 5, TRUE}, {2, 4, FALSE}, {2, 0, FALSE}, {2, 6, FALSE}, {1, 5, FALSE}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const guint64 words[8] = {cases[i].n, 20, 10, 7, 8, 9};
		PerfGroup group = {.n_events = 2};
		PerfReading reading;
		gint ends[2];
		g_assert_cmpint(pipe(ends), ==, 0);
		gssize size = (gssize)(cases[i].n_words * sizeof(guint64));
		g_assert_cmpint(write(ends[1], words, (gsize)size), ==, size);
		close(ends[1]);
		group.fds[0] = ends[0];
		g_test_message("case %u", i);
		g_assert_cmpint(perf_group_read(&group, &reading), ==, cases[i].is_good);
		if (cases[i].is_good) {
			g_assert_cmpuint(reading.enabled, ==, 20);
			g_assert_cmpuint(reading.running, ==, 10);
			g_assert_cmpuint(reading.values[1], ==, 8);
		}
		close(ends[0]);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/perf-group/order", test_order);
	g_test_add_func("/perf-group/refused", test_refused);
	g_test_add_func("/perf-group/read", test_read);
	return g_test_run();
}
