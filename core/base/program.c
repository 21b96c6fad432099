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
	/* a closed pipe or a file size limit is an error to handle, not the end */
	{SIGPIPE, SIG_IGN},
	{SIGXFSZ, SIG_IGN},
	/* if it is ignored, a parent cannot wait for its children */
	{SIGCHLD, SIG_DFL},
};

/*
 * If stdin, stdout or stderr is closed at the start, messages would go into the first file that
 * vmfc opens, because open(2) returns the lowest free number.
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
 * Each program of vmfc calls this first in main(), before anything reads the environment or opens a
 * file. In messages all are named vmfc: users call the tool merge as "vmfc merge".
 */
void
vmfc_program_start(VmfcProgram *program, gint argc, gchar *argv[])
{
	program->path_warning = vmfc_environment_clear();
	fill_standard_files();
	for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
		program->inherited[i] = signal(signals[i].number, signals[i].handler);
	setlocale(LC_CTYPE, "");
	g_set_prgname("vmfc");
	program->arguments = g_new0(gchar *, argc + 1);
	for (gint i = 0; i < argc; i++)
		program->arguments[i] = g_strdup(argv[i]);
}

/* Call this before execve(2): the new program inherits which signals are ignored. */
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

/* Prints @error. Returns: its exit code */
gint
vmfc_program_fail(const GError *error)
{
	vmfc_program_print_error(error);
	return g_error_matches(error, VMFC_ERROR, VMFC_ERROR_USAGE) ? 2 : 1;
}

/*
 * Each program of vmfc calls this last. A reader that stops early, such as head(1), is not an
 * error.
 *
 * Returns: the exit code: @code, or at least 1 if standard output is not complete
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

/* All that the main() of a tool does. Returns: the exit code */
gint
vmfc_program_run_tool(VmfcToolFunc run, gint argc, gchar *argv[])
{
	static VmfcLog log; /* GLib's handler of messages uses it until the process ends */
	g_auto(VmfcProgram) program = {0};
	g_autoptr(GError) error = NULL;

	vmfc_program_start(&program, argc, argv);
	return vmfc_program_finish(run(program.arguments, &log, &error) ? 0
									: vmfc_program_fail(error));
}

void
vmfc_program_clear(VmfcProgram *program)
{
	g_strfreev(program->arguments);
	g_free(program->path_warning);
}
