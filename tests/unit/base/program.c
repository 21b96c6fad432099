/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/program.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

/* Runs @func with @fd in place of one of the standard files. Returns: what it returns */
static gint
with_file(FILE *stream, gint fd, gint (*func)(gint code), gint code)
{
	gint number = fileno(stream);
	gint saved;

	fflush(stream);
	saved = dup(number);
	g_assert_cmpint(dup2(fd, number), ==, number);
	gint result = func(code);
	clearerr(stream);
	g_assert_cmpint(dup2(saved, number), ==, number);
	close(saved);
	return result;
}

static gint
fail(gint code)
{
	g_autoptr(GError) error = g_error_new(VMFC_ERROR, code, "http://me:secret@host is down");
	gint result = vmfc_program_fail(error);

	fflush(stderr);
	return result;
}

/* A mistake of the user has another exit code than a failure; passwords are masked. */
static void
test_fail(void)
{
	static const struct {
		gint code;
		gint expected;
	} cases[] = {{VMFC_ERROR_USAGE, 2},
		     {VMFC_ERROR_IO, 1},
		     {VMFC_ERROR_DENIED, 1},
		     {VMFC_ERROR_PLUGIN, 1}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		FILE *file = tmpfile();
		gchar text[100] = "";
		g_assert_cmpint(with_file(stderr, fileno(file), fail, cases[i].code), ==,
				cases[i].expected);
		g_assert_cmpint(pread(fileno(file), text, sizeof(text) - 1, 0), >, 0);
		g_assert_cmpstr(text, ==, "vmfc: http://***@host is down\n");
		fclose(file);
	}
}

static gint
finish(gint code)
{
	fputs("a result", stdout);
	return vmfc_program_finish(code);
}

static gint
finish_in_vain(gint code)
{
	gint null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	FILE *const streams[] = {stderr};
	gint saved = dup(fileno(streams[0]));

	/* its sentence is not for the log of this test */
	g_assert_cmpint(dup2(null, STDERR_FILENO), ==, STDERR_FILENO);
	gint result = finish(code);
	g_assert_cmpint(dup2(saved, STDERR_FILENO), ==, STDERR_FILENO);
	close(saved);
	close(null);
	return result;
}

/* A result that does not fit on the disk is a failure; a reader that has read enough is none. */
static void
test_finish(void)
{
	gint full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	gint null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	gint ends[2];

	signal(SIGPIPE, SIG_IGN);
	g_assert_cmpint(pipe(ends), ==, 0);
	close(ends[0]);
	for (gint code = 0; code <= 2; code++) {
		g_assert_cmpint(with_file(stdout, null, finish, code), ==, code);
		g_assert_cmpint(with_file(stdout, ends[1], finish, code), ==, code);
		g_assert_cmpint(with_file(stdout, full, finish_in_vain, code), ==, MAX(code, 1));
	}
	close(ends[1]);
	close(full);
	close(null);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/program/fail", test_fail);
	g_test_add_func("/program/finish", test_finish);
	return g_test_run();
}
