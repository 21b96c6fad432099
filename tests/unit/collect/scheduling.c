/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What vmfc asks of the scheduler, by a kernel of the test's own, and what it says of a refusal. */

#include "collect/scheduling.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/error.h"

#define NS_PER_S G_GINT64_CONSTANT(1000000000)

/* struct sched_attr of sched_setattr(2), in its first form */
typedef struct {
	guint32 size;
	guint32 policy;
	guint64 flags;
	gint32 nice;
	guint32 priority;
	guint64 runtime;
	guint64 deadline;
	guint64 period;
} Attributes;

static struct {
	gint policy;  /* of the thread */
	gint failure; /* errno of the next request; 0: it is granted */
	guint n_asked;
	Attributes attributes;
} kernel;

#pragma GCC visibility push(default)
long
__wrap_syscall(long number, ...);
#pragma GCC visibility pop

long
__wrap_syscall(long number, ...)
{
	va_list arguments;

	va_start(arguments, number);
	gint pid = va_arg(arguments, gint);
	g_assert_cmpint(pid, ==, 0); /* the calling thread */
	if (number == SYS_sched_setattr) {
		const Attributes *attributes = va_arg(arguments, const Attributes *);
		g_assert_cmpuint(va_arg(arguments, guint), ==, 0);
		g_assert_cmpuint(attributes->size, ==, sizeof(Attributes));
		kernel.attributes = *attributes;
		kernel.n_asked++;
	} else {
		g_assert_cmpint(number, ==, SYS_sched_getscheduler);
	}
	va_end(arguments);
	if (number == SYS_sched_getscheduler)
		return kernel.policy;
	errno = kernel.failure;
	return kernel.failure != 0 ? -1 : 0;
}

static gchar *said; /* the last message of the log */

static GLogWriterOutput
keep_said(GLogLevelFlags level, const GLogField *fields, gsize n_fields,
	  G_GNUC_UNUSED gpointer data)
{
	g_assert_cmpint(level, ==, G_LOG_LEVEL_INFO);
	for (gsize i = 0; i < n_fields; i++) {
		if (g_str_equal(fields[i].key, "MESSAGE")) {
			g_free(said);
			said = g_strdup(fields[i].value);
		}
	}
	return G_LOG_WRITER_HANDLED;
}

/* A slice that is shorter than that of others, with the priority that the user has chosen. */
static void
test_short_slice(void)
{
	memset(&kernel, 0, sizeof(kernel));
	vmfc_scheduling_shorten();
	g_assert_cmpuint(kernel.n_asked, ==, 1);
	g_assert_cmpuint(kernel.attributes.policy, ==, SCHED_OTHER);
	g_assert_cmpuint(kernel.attributes.flags, ==, 1); /* child processes do not inherit it */
	g_assert_cmpint(kernel.attributes.nice, ==, getpriority(PRIO_PROCESS, 0));
	g_assert_cmpuint(kernel.attributes.runtime, ==, 100000);
	g_assert_cmpuint(kernel.attributes.deadline, ==, 0);
	g_assert_null(said);
	kernel.failure = EPERM;
	vmfc_scheduling_shorten();
	g_assert_cmpstr(said, ==, "the kernel does not grant a short time slice");
	g_clear_pointer(&said, g_free);
}

/* Who has started vmfc with chrt(1) gets what was asked for. */
static void
test_other_policy(void)
{
	static const gint policies[] = {SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE,
					SCHED_OTHER | SCHED_RESET_ON_FORK};

	for (guint i = 0; i < G_N_ELEMENTS(policies); i++) {
		memset(&kernel, 0, sizeof(kernel));
		kernel.policy = policies[i];
		vmfc_scheduling_shorten();
		g_assert_cmpuint(kernel.n_asked, ==, 0);
	}
}

/* 20 ms of a window at most, never more than half of it, and in each second. */
static void
test_reserve(void)
{
	static const struct {
		gint64 interval;
		guint64 runtime;
		guint64 period;
	} cases[] = {
		{NS_PER_S, 20000000, 1000000000},      {100000000, 20000000, 100000000},
		{40000000, 20000000, 40000000},	       {39000000, 19500000, 39000000},
		{10000000, 5000000, 10000000},	       {NS_PER_S - 1, 20000000, 999999999},
		{60 * NS_PER_S, 20000000, 1000000000},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		memset(&kernel, 0, sizeof(kernel));
		g_assert_true(vmfc_scheduling_reserve(cases[i].interval, &error));
		g_assert_no_error(error);
		g_test_message("case %u", i);
		g_assert_cmpuint(kernel.n_asked, ==, 1);
		g_assert_cmpuint(kernel.attributes.policy, ==, 6); /* SCHED_DEADLINE */
		g_assert_cmpuint(kernel.attributes.flags, ==, 1);
		g_assert_cmpuint(kernel.attributes.runtime, ==, cases[i].runtime);
		g_assert_cmpuint(kernel.attributes.deadline, ==, cases[i].period);
		g_assert_cmpuint(kernel.attributes.period, ==, cases[i].period);
	}
}

static void
test_refusals(void)
{
	static const struct {
		gint failure;
		gint code;
		const gchar *reason;
	} cases[] = {
		{EPERM, VMFC_ERROR_DENIED, "This needs CAP_SYS_NICE (run as root"},
		{EBUSY, VMFC_ERROR_UNSUPPORTED, "vmfc: other programs have reserved too much"},
		{ENOSYS, VMFC_ERROR_UNSUPPORTED, "vmfc: Function not implemented"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		memset(&kernel, 0, sizeof(kernel));
		kernel.failure = cases[i].failure;
		g_assert_false(vmfc_scheduling_reserve(NS_PER_S, &error));
		g_assert_error(error, VMFC_ERROR, cases[i].code);
		g_assert_true(g_str_has_prefix(
			error->message, "--realtime: the kernel reserves no CPU time for vmfc"));
		g_assert_nonnull(strstr(error->message, cases[i].reason));
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_writer_func(keep_said, NULL, NULL);
	g_test_add_func("/scheduling/short-slice", test_short_slice);
	g_test_add_func("/scheduling/other-policy", test_other_policy);
	g_test_add_func("/scheduling/reserve", test_reserve);
	g_test_add_func("/scheduling/refusals", test_refusals);
	return g_test_run();
}
