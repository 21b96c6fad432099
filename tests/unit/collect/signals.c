/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/signals.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define SURVIVED 42

typedef struct {
	guint n_interrupted;
	guint n_continued;
} Run;

static void
interrupted(gpointer user_data)
{
	((Run *)user_data)->n_interrupted++;
}

static void
continued(gpointer user_data)
{
	((Run *)user_data)->n_continued++;
}

static void
send_and_dispatch(gint number)
{
	kill(getpid(), number);
	/* GLib hands a signal over on a thread of its own */
	for (guint i = 0; i < 200 && !g_main_context_iteration(NULL, FALSE); i++)
		g_usleep(1000);
}

/* A process that catches signals, ends its run if @over, and then gets those of @course. */
static void
die_of(const gint *course, gboolean over)
{
	Run run = {.n_interrupted = 0};
	VmfcSignals signals = {.continued_fd = -1};

	vmfc_signals_catch(&signals, interrupted, &run);
	if (over)
		vmfc_signals_let_next_end(&signals);
	for (guint i = 0; course[i] != 0; i++) {
		if (over)
			kill(getpid(), course[i]);
		else
			send_and_dispatch(course[i]);
	}
	_exit(run.n_interrupted == (over ? 0 : 1) ? SURVIVED : 1);
}

typedef struct {
	const gchar *path;
	gint ignored; /* from the start; 0: none */
	gboolean over;
	gint course[4];
	gint dies_of; /* 0: it survives */
} Case;

static const Case cases[] = {
	{"/signals/run/first", 0, FALSE, {SIGINT}, 0},
	{"/signals/run/terminate", 0, FALSE, {SIGTERM}, 0},
	{"/signals/run/hang-up", 0, FALSE, {SIGHUP}, 0},
	{"/signals/run/second", 0, FALSE, {SIGINT, SIGINT}, SIGINT},
	{"/signals/run/another", 0, FALSE, {SIGINT, SIGTERM}, SIGTERM},
	{"/signals/run/nohup", SIGHUP, FALSE, {SIGHUP, SIGINT, SIGHUP}, 0},
	{"/signals/end/first", 0, TRUE, {SIGINT}, 0},
	{"/signals/end/terminate", 0, TRUE, {SIGTERM}, 0},
	{"/signals/end/hang-up", 0, TRUE, {SIGHUP}, 0},
	{"/signals/end/second", 0, TRUE, {SIGINT, SIGINT}, SIGINT},
	{"/signals/end/another", 0, TRUE, {SIGINT, SIGTERM}, SIGTERM},
	{"/signals/end/nohup", SIGHUP, TRUE, {SIGHUP, SIGTERM, SIGHUP}, 0},
	{"/signals/end/nohup-second", SIGHUP, TRUE, {SIGHUP, SIGTERM, SIGTERM}, SIGTERM},
};

static void
test_case(gconstpointer data)
{
	const Case *of = data;
	gint status = 0;
	pid_t child = fork();

	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		/* nohup(1) or a shell may have had the tests ignore some */
		static const gint all[] = {SIGINT, SIGTERM, SIGHUP};
		for (guint i = 0; i < G_N_ELEMENTS(all); i++)
			signal(all[i], all[i] == of->ignored ? SIG_IGN : SIG_DFL);
		die_of(of->course, of->over);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	if (of->dies_of != 0) {
		g_assert_true(WIFSIGNALED(status));
		g_assert_cmpint(WTERMSIG(status), ==, of->dies_of);
	} else {
		g_assert_true(WIFEXITED(status));
		g_assert_cmpint(WEXITSTATUS(status), ==, SURVIVED);
	}
}

/* SIGCONT is told once for each time, until it is no longer asked for. */
static void
test_continue(void)
{
	Run run = {.n_interrupted = 0};
	VmfcSignals signals = {.continued_fd = -1};

	vmfc_signals_ignore_continue(&signals);
	vmfc_signals_watch_continue(&signals, continued, &run);
	g_assert_false(g_main_context_iteration(NULL, FALSE));
	for (guint i = 1; i <= 2; i++) {
		kill(getpid(), SIGCONT);
		g_assert_true(g_main_context_iteration(NULL, FALSE));
		g_assert_cmpuint(run.n_continued, ==, i);
		g_assert_false(g_main_context_iteration(NULL, FALSE));
	}
	vmfc_signals_ignore_continue(&signals);
	kill(getpid(), SIGCONT);
	g_assert_false(g_main_context_iteration(NULL, FALSE));
	g_assert_cmpuint(run.n_continued, ==, 2);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	/* these first: GLib's thread for signals does not survive a fork */
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].path, &cases[i], test_case);
	g_test_add_func("/signals/continue", test_continue);
	return g_test_run();
}
