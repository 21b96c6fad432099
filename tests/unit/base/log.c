/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which messages are shown, how they are broken into lines, and what a user does not see. */

#include "base/log.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In place of the C library's, see meson.build: whether stderr takes a line. */
static gboolean is_stopped;

#pragma GCC visibility push(default)
int
__wrap_poll(struct pollfd *fds, nfds_t n_fds, int timeout);
#pragma GCC visibility pop

int
__wrap_poll(struct pollfd *fds, nfds_t n_fds, int timeout)
{
	g_assert_cmpuint(n_fds, ==, 1);
	g_assert_cmpint(fds[0].fd, ==, STDERR_FILENO);
	g_assert_cmpint(timeout, ==, 0);
	fds[0].revents = is_stopped ? 0 : POLLOUT;
	return is_stopped ? 0 : 1;
}

static void
test_wrap(void)
{
	static const struct {
		guint width;
		const gchar *text;
		const gchar *wrapped;
	} cases[] = {
		{10, "", ""},
		{10, "one", "one"},
		/* the last column of a terminal stays free */
		{8, "one two", "one two"},
		{7, "one two", "one\n  two"},
		{10, "one two three four", "one two\n  three\n  four"},
		{12, "one two three four", "one two\n  three\n  four"},
		{13, "one two three four", "one two\n  three four"},
		{5, "a muchtoolong word", "a\n  muchtoolong\n  word"},
		/* letters, not bytes */
		{8, "\303\244\303\244\303\244 two", "\303\244\303\244\303\244 two"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *wrapped = vmfc_log_wrap(cases[i].text, cases[i].width, "  ");
		g_assert_cmpstr(wrapped, ==, cases[i].wrapped);
	}
}

/* A log that writes into a file in place of stderr. */
static VmfcLog own;

static void
log_one(const gchar *domain, GLogLevelFlags level, const gchar *text)
{
	g_log_structured(domain, level, "MESSAGE", "%s", text);
}

/* Returns: (transfer full): what @func writes to stderr */
static gchar *
capture(void (*func)(void))
{
	FILE *file = tmpfile();
	gint saved = dup(STDERR_FILENO);
	gchar text[2000] = "";

	fflush(stderr);
	g_assert_cmpint(dup2(fileno(file), STDERR_FILENO), ==, STDERR_FILENO);
	func();
	fflush(stderr);
	g_assert_cmpint(dup2(saved, STDERR_FILENO), ==, STDERR_FILENO);
	close(saved);
	g_assert_cmpint(pread(fileno(file), text, sizeof(text) - 1, 0), >=, 0);
	fclose(file);
	return g_strdup(text);
}

static void
log_all(void)
{
	log_one("vmfc", G_LOG_LEVEL_CRITICAL, "critical");
	log_one("vmfc", G_LOG_LEVEL_WARNING, "warned of http://me:secret@host/");
	log_one("vmfc", G_LOG_LEVEL_MESSAGE, "message");
	log_one("vmfc", G_LOG_LEVEL_INFO, "info");
	log_one("GLib-GIO", G_LOG_LEVEL_DEBUG, "of GLib");
	log_one("libsoup-http2", G_LOG_LEVEL_DEBUG, "of libsoup");
	log_one("GLib", G_LOG_LEVEL_WARNING, "of GLib");
	log_one(NULL, G_LOG_LEVEL_INFO, "of a plugin");
}

static void
test_levels(void)
{
	own.verbose = FALSE;
	g_autofree gchar *usual = capture(log_all);
	g_assert_cmpstr(usual, ==,
			"vmfc: error: critical\n"
			"vmfc: warning: warned of http://***@host/\n"
			"vmfc: message\n"
			"GLib: warning: of GLib\n");
	own.verbose = TRUE;
	g_autofree gchar *verbose = capture(log_all);
	g_assert_cmpstr(verbose, ==,
			"vmfc: error: critical\n"
			"vmfc: warning: warned of http://***@host/\n"
			"vmfc: message\n"
			"vmfc: info\n"
			"GLib: warning: of GLib\n"
			"vmfc: of a plugin\n");
}

static void
log_and_stop(void)
{
	is_stopped = TRUE;
	log_one("vmfc", G_LOG_LEVEL_MESSAGE, "lost");
	log_one("vmfc", G_LOG_LEVEL_MESSAGE, "lost");
	/* what is not shown anyway is not lost */
	log_one("GLib", G_LOG_LEVEL_DEBUG, "hidden");
	is_stopped = FALSE;
	log_one("vmfc", G_LOG_LEVEL_MESSAGE, "first");
	log_one("vmfc", G_LOG_LEVEL_MESSAGE, "second");
}

/* Messages that a stopped terminal has lost are counted, and told once. */
static void
test_lost(void)
{
	g_autofree gchar *text = capture(log_and_stop);

	g_assert_cmpstr(text, ==,
			"vmfc: 2 messages could not be shown\nvmfc: first\nvmfc: second\n");
	g_assert_true(vmfc_log_can_write());
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_log_set_always_fatal(G_LOG_LEVEL_ERROR);
	vmfc_log_install(&own);
	own.terminal = FALSE;
	g_test_add_func("/log/wrap", test_wrap);
	g_test_add_func("/log/levels", test_levels);
	g_test_add_func("/log/lost", test_lost);
	return g_test_run();
}
