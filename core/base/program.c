/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/program.h"

#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/mask.h"
#include "vmfc/vmfc-plugin.h"

static const struct {
	gint number;
	void (*handler)(int);
} signals[VMFC_N_PROGRAM_SIGNALS] = {
	/* a reader that goes away or a file size limit is an error to handle, not the end */
	{SIGPIPE, SIG_IGN},
	{SIGXFSZ, SIG_IGN},
	/* where it is ignored children cannot be waited for */
	{SIGCHLD, SIG_DFL},
};

/*
 * Somebody who starts us with stdin, stdout or stderr closed would find our messages in the first
 * file that we open. open(2) gives the lowest number that is free.
 */
static void
fill_standard_files(void)
{
	gint fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/*
 * What each program of ours does first in its main(), before it or a library reads the environment
 * or opens a file. All of them speak as vmfc: "vmfc merge" is how the user called the tool merge.
 */
void
vmfc_program_start(VmfcProgram *program, gint argc, gchar *argv[])
{
	program->left_out = vmfc_environment_clear();
	fill_standard_files();
	for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
		program->inherited[i] = signal(signals[i].number, signals[i].handler);
	setlocale(LC_CTYPE, "");
	g_set_prgname("vmfc");
	program->arguments = g_new0(gchar *, argc + 1);
	for (gint i = 0; i < argc; i++)
		program->arguments[i] = g_strdup(argv[i]);
}

/* Before another program takes the place of this one, which execve(2) hands what is ignored. */
void
vmfc_program_restore_signals(const VmfcProgram *program)
{
	for (guint i = 0; i < G_N_ELEMENTS(signals); i++) {
		if (program->inherited[i] != SIG_ERR)
			signal(signals[i].number, program->inherited[i]);
	}
}

void
vmfc_program_print_error(const GError *error)
{
	g_autofree gchar *masked = vmfc_mask(error->message);
	fprintf(stderr, "vmfc: %s\n", masked);
}

/* Returns: the exit code for @error, which the user is told */
gint
vmfc_program_fail(const GError *error)
{
	vmfc_program_print_error(error);
	return g_error_matches(error, VMFC_ERROR, VMFC_ERROR_USAGE) ? 2 : 1;
}

/*
 * What each program of ours does last. A reader that stops early, as head(1) does, misses nothing.
 *
 * Returns: the exit code: @code, or that standard output is not complete
 */
gint
vmfc_program_finish(gint code)
{
	struct pollfd poll_stdout = {.fd = STDOUT_FILENO, .events = POLLOUT};

	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return code;
	if (poll(&poll_stdout, 1, 0) == 1 && (poll_stdout.revents & POLLERR) != 0)
		return code;
	fputs("vmfc: standard output cannot be written; free some space\n", stderr);
	return MAX(code, 1);
}

void
vmfc_program_clear(VmfcProgram *program)
{
	g_strfreev(program->arguments);
	g_free(program->left_out);
}
