/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What a workload is told of its program, by what the guard reports. */

#include "common/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/child-guard.h"
#include "count-entries.h"
#include "plugin/context.h"

#define GUARD 4711

/* In place of the guard and of the kernel, see meson.build. */
static struct {
	gboolean cannot_start;
	gint life; /* the guard's ends of the pipes; -1: closed */
	gint output;
	guint n_waits;
	guint n_interrupted; /* so many waits are interrupted first */
	guint n_terms;
	gboolean leaves_one; /* at the end it says that a process still runs */
} guard;

/* What the workload has been told. */
static struct {
	guint n_running;
	guint n_ended;
	guint n_transitions;
	gchar *error; /* NULL: none */
	gint code;    /* of the error */
	gchar *left;  /* with which it has ended the workload when it was freed; NULL: none */
	VmfcChild *child;
} told;

#pragma GCC visibility push(default)
pid_t
__wrap_vmfc_child_guard_start(const VmfcChildGuardOrder *order);
pid_t
__wrap_waitpid(pid_t pid, int *status, int options);
int
__wrap_kill(pid_t pid, int number);
#pragma GCC visibility pop

static gint
keep(gint fd)
{
	return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
}

pid_t
__wrap_vmfc_child_guard_start(const VmfcChildGuardOrder *order)
{
	if (guard.cannot_start) {
		errno = EAGAIN;
		return -1;
	}
	guard.life = keep(order->life);
	guard.output = keep(order->output);
	return GUARD;
}

pid_t
__wrap_waitpid(pid_t pid, G_GNUC_UNUSED int *status, int options)
{
	g_assert_cmpint(pid, ==, GUARD);
	g_assert_cmpint(options, ==, 0);
	if (guard.n_waits++ < guard.n_interrupted) {
		errno = EINTR;
		return -1;
	}
	return GUARD;
}

static void
report(VmfcChildGuardEvent event, gint status)
{
	const VmfcChildGuardNews news = {event, status};
	g_assert_cmpint(write(guard.life, &news, sizeof(news)), ==, sizeof(news));
}

int
__wrap_kill(pid_t pid, int number)
{
	g_assert_cmpint(pid, ==, GUARD);
	g_assert_cmpint(number, ==, SIGTERM);
	guard.n_terms++;
	if (guard.leaves_one)
		report(VMFC_CHILD_GUARD_LEFT, 0);
	return 0;
}

static void
begin_transition(G_GNUC_UNUSED VmfcContext *context)
{
	told.n_transitions++;
}

static void
end_workload(G_GNUC_UNUSED VmfcContext *context, const GError *error)
{
	g_assert_null(told.left);
	told.left = g_strdup(error->message);
}

static void
running(gpointer user_data)
{
	g_assert_true(user_data == &told);
	told.n_running++;
}

static void
ended(const GError *error, gpointer user_data)
{
	g_assert_true(user_data == &told);
	told.n_ended++;
	g_free(told.error);
	told.error = error != NULL ? g_strdup(error->message) : NULL;
	told.code = error != NULL ? error->code : -1;
	g_assert_true(error == NULL || error->domain == VMFC_ERROR);
}

static void
start(gboolean is_quiet, GError **error)
{
	static const VmfcDriver driver = {.begin_transition = begin_transition,
					  .end_workload = end_workload};
	static VmfcContext context = {.driver = &driver};
	static const gchar *const argv[] = {"/usr/bin/work", "hard", NULL};
	const VmfcChildSetup setup = {&context, argv, NULL, is_quiet, running, ended, &told};

	told.child = vmfc_child_start(&setup, error);
}

typedef struct {
	guint n_open;
} Fixture;

/* Without a main context, a test would wait; a GLib that has one has opened its files by then. */
static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_main_context_iteration(NULL, FALSE);
	memset(&guard, 0, sizeof(guard));
	memset(&told, 0, sizeof(told));
	fixture->n_open = count_open();
	start(TRUE, NULL);
	g_assert_nonnull(told.child);
	/* of each pipe the end of vmfc, and the guard's */
	g_assert_cmpuint(count_open(), ==, fixture->n_open + 4);
}

static void
close_end(gint *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
look(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

/* The guard has ended, or was killed. */
static void
end_guard(void)
{
	close_end(&guard.life);
	close_end(&guard.output);
}

static void
free_child(void)
{
	g_clear_pointer(&told.child, vmfc_child_free);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	end_guard();
	if (told.child != NULL)
		free_child();
	g_assert_cmpuint(count_open(), ==, fixture->n_open);
	look();
	g_free(told.error);
	g_free(told.left);
}

/* ------------------------------------------------------------------- its end */

typedef struct {
	VmfcChildGuardEvent event;
	gint status;
	const gchar *output;
	const gchar *error; /* NULL: none */
} End;

static const End ends[] = {
	{VMFC_CHILD_GUARD_ENDED, 0, "stress-ng: info: done\nsome text\n", NULL},
	{VMFC_CHILD_GUARD_ENDED, 3 << 8, "", "work failed with exit status 3"},
	{VMFC_CHILD_GUARD_ENDED, 3 << 8, "work: info: [7] begins\n\n  no memory \nthe end\n",
	 "work failed with exit status 3: no memory"},
	{VMFC_CHILD_GUARD_ENDED, 127 << 8, "", "work failed with exit status 127"},
	{VMFC_CHILD_GUARD_ENDED, 127 << 8, "/usr/bin/work cannot be run: No such file\n",
	 "/usr/bin/work cannot be run: No such file"},
	{VMFC_CHILD_GUARD_ENDED, SIGKILL, "text\n", "work was killed by another process (Killed)"},
	/* whatever the status says */
	{VMFC_CHILD_GUARD_LEFT, 0, "",
	 "a process of work still runs: vmfc may not end it, or cannot find it. Records contain "
	 "its load from now on, whatever their labels say"},
};

/* It ends by itself. */
static void
test_ends(G_GNUC_UNUSED Fixture *fixture, gconstpointer data)
{
	const End *end = data;

	g_assert_cmpint(write(guard.output, end->output, strlen(end->output)), >=, 0);
	report(VMFC_CHILD_GUARD_RUNNING, 0);
	look();
	g_assert_cmpuint(told.n_running, ==, 1);
	g_assert_cmpuint(told.n_transitions, ==, 0);
	g_assert_true(vmfc_child_is_alive(told.child));
	report(VMFC_CHILD_GUARD_DYING, 0);
	look();
	/* its children may still run */
	g_assert_cmpuint(told.n_ended, ==, 0);
	g_assert_cmpuint(told.n_transitions, ==, 1);
	g_assert_false(vmfc_child_is_alive(told.child));
	report(end->event, end->status);
	guard.n_interrupted = 2;
	end_guard();
	look();
	g_assert_cmpuint(told.n_ended, ==, 1);
	g_assert_cmpstr(told.error, ==, end->error);
	g_assert_cmpint(told.code, ==,
			end->error == NULL		      ? -1
			: end->event == VMFC_CHILD_GUARD_LEFT ? VMFC_ERROR_DENIED
							      : VMFC_ERROR_IO);
	g_assert_cmpuint(guard.n_waits, ==, 3);
	/* the guard is no more, so nothing may be sent to its pid */
	vmfc_child_finish(told.child);
	free_child();
	g_assert_cmpuint(guard.n_terms, ==, 0);
	g_assert_cmpuint(guard.n_waits, ==, 3);
	g_assert_null(told.left);
}

/* vmfc ends it: then no status is a failure, but a process that still runs is. */
static void
test_asked(G_GNUC_UNUSED Fixture *fixture, gconstpointer data)
{
	const End *end = data;

	report(VMFC_CHILD_GUARD_RUNNING, 0);
	vmfc_child_finish(told.child);
	vmfc_child_finish(told.child);
	g_assert_cmpuint(guard.n_terms, ==, 1);
	report(end->event, end->status);
	end_guard();
	look();
	g_assert_cmpuint(told.n_ended, ==, 1);
	g_assert_cmpstr(told.error, ==, end->event == VMFC_CHILD_GUARD_LEFT ? end->error : NULL);
}

/* It is freed without being looked at: the reason is told, and nobody is called back. */
static void
test_freed(G_GNUC_UNUSED Fixture *fixture, gconstpointer data)
{
	const End *end = data;

	g_assert_cmpint(write(guard.output, end->output, strlen(end->output)), >=, 0);
	report(VMFC_CHILD_GUARD_RUNNING, 0);
	report(end->event, end->status);
	close_end(&guard.output);
	close_end(&guard.life);
	guard.n_interrupted = 1;
	free_child();
	g_assert_cmpuint(guard.n_waits, ==, 2);
	g_assert_cmpuint(told.n_running, ==, 0);
	g_assert_cmpuint(told.n_ended, ==, 0);
	g_assert_cmpstr(told.left, ==, end->error);
}

/* What the guard finds only when it ends the program is told, too. */
static void
test_left(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	report(VMFC_CHILD_GUARD_RUNNING, 0);
	guard.leaves_one = TRUE;
	free_child();
	g_assert_cmpuint(guard.n_terms, ==, 1);
	g_assert_true(g_str_has_prefix(told.left, "a process of work still runs"));
}

/* It had ended before vmfc asked it to, and vmfc had not seen it: that is a failure. */
static void
test_ended_before(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	report(VMFC_CHILD_GUARD_RUNNING, 0);
	report(VMFC_CHILD_GUARD_DYING, 0);
	vmfc_child_finish(told.child);
	g_assert_false(vmfc_child_is_alive(told.child));
	report(VMFC_CHILD_GUARD_ENDED, 2 << 8);
	end_guard();
	look();
	g_assert_cmpstr(told.error, ==, "work failed with exit status 2");
}

/* A guard that was killed has not said how the program has ended. */
static void
test_guard_killed(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	report(VMFC_CHILD_GUARD_RUNNING, 0);
	report(VMFC_CHILD_GUARD_DYING, 0);
	end_guard();
	look();
	g_assert_cmpuint(told.n_ended, ==, 1);
	g_assert_cmpstr(told.error, ==, "the guard of work was killed");
	g_assert_cmpint(told.code, ==, VMFC_ERROR_IO);
}

/* ------------------------------------------------------------------- its life */

/* While it is stopped the records are in transition; when it continues, it says its phase again. */
static void
test_stopped(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	report(VMFC_CHILD_GUARD_RUNNING, 0);
	look();
	report(VMFC_CHILD_GUARD_STOPPED, 0);
	look();
	g_assert_cmpuint(told.n_transitions, ==, 1);
	g_assert_cmpuint(told.n_running, ==, 1);
	g_assert_true(vmfc_child_is_alive(told.child));
	report(VMFC_CHILD_GUARD_CONTINUED, 0);
	look();
	g_assert_cmpuint(told.n_running, ==, 2);
	g_assert_true(vmfc_child_is_alive(told.child));
	g_assert_cmpuint(told.n_ended, ==, 0);
}

/* A workload that has no use for it is not called, and its output is vmfc's. */
static void
test_plain(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	end_guard();
	free_child();
	start(FALSE, NULL);
	g_assert_cmpint(guard.output, ==, -1);
	g_assert_cmpuint(count_open(), ==, fixture->n_open + 2);
	report(VMFC_CHILD_GUARD_ENDED, 5 << 8);
	end_guard();
	look();
	g_assert_cmpstr(told.error, ==, "work failed with exit status 5");
}

/* What was opened for a guard that cannot be started is closed. */
static void
test_cannot_start(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	end_guard();
	free_child();
	guard.cannot_start = TRUE;
	guard.n_waits = 0;
	start(TRUE, &error);
	g_assert_null(told.child);
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_cmpstr(error->message, ==,
			"work cannot be started: Resource temporarily unavailable");
	g_assert_cmpuint(count_open(), ==, fixture->n_open);
	g_assert_cmpuint(guard.n_waits, ==, 0);
}

static void
test_message(void)
{
	static const struct {
		const gchar *text;
		const gchar *message;
	} cases[] = {
		{"", NULL},
		{"\n \n", NULL},
		{"work: info: [1] all well\n", NULL},
		{"info: first\nsecond\n", "info: first"},
		{"work: info: [1] all well\nlast, without an end", "last, without an end"},
		{"caf\xe9\n", "caf\xef\xbf\xbd"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *message = vmfc_child_find_message(cases[i].text);
		g_assert_cmpstr(message, ==, cases[i].message);
	}
}

#define ADD(path, data, test) g_test_add(path, Fixture, data, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree gchar *by_itself = g_strdup_printf("/child/ends/%u", i);
		g_autofree gchar *asked = g_strdup_printf("/child/asked/%u", i);
		g_autofree gchar *freed = g_strdup_printf("/child/freed/%u", i);
		ADD(by_itself, &ends[i], test_ends);
		ADD(asked, &ends[i], test_asked);
		ADD(freed, &ends[i], test_freed);
	}
	ADD("/child/left", NULL, test_left);
	ADD("/child/ended-before", NULL, test_ended_before);
	ADD("/child/guard-killed", NULL, test_guard_killed);
	ADD("/child/stopped", NULL, test_stopped);
	ADD("/child/plain", NULL, test_plain);
	ADD("/child/cannot-start", NULL, test_cannot_start);
	g_test_add_func("/child/message", test_message);
	return g_test_run();
}
