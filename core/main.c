/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "collect/app.h"
#include "collect/descriptor-limit.h"
#include "config.h"
#include "base/environment.h"
#include "base/log.h"
#include "base/mask.h"
#include "inspect/inspect.h"
#include "tools/merge/merge.h"
#include "vmfc/vmfc-plugin.h"

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

/* Who reads no further, as head(1), does not miss the rest. */
static gint
finish_output(gint code)
{
	struct pollfd poll_stdout = {.fd = STDOUT_FILENO, .events = POLLOUT};

	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return code;
	if (poll(&poll_stdout, 1, 0) == 1 && (poll_stdout.revents & POLLERR) != 0)
		return code;
	fputs("vmfc: standard output cannot be written; free some space\n", stderr);
	return MAX(code, 1);
}

/* Whether a workload may be one that looks for a program. */
static gboolean
starts_programs(const VmfcOptions *options)
{
	return options->action == VMFC_ACTION_LIST_WORKLOADS ||
	       options->action == VMFC_ACTION_CHECK ||
	       (options->action == VMFC_ACTION_COLLECT && !g_str_equal(options->workload, "none"));
}

static void
print_error(const GError *error)
{
	g_autofree gchar *masked = vmfc_mask(error->message);
	fprintf(stderr, "vmfc: %s\n", masked);
}

/* Returns: the exit code */
static gint
merge(GStrv arguments, VmfcLog *log)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcMergeArguments) options = vmfc_merge_arguments_parse(arguments, &error);

	if (options != NULL && options->help != NULL) {
		fputs(options->help, stdout);
		return 0;
	}
	if (options != NULL) {
		log->verbose = options->verbose;
		vmfc_log_install(log);
		if (vmfc_merge_run(options, &error))
			return 0;
	}
	print_error(error);
	return g_error_matches(error, VMFC_ERROR, VMFC_ERROR_USAGE) ? 2 : 1;
}

/* Returns: the exit code */
static gint
run(const VmfcOptions *options, const gchar *const *command_line, GError **error)
{
	if (!vmfc_descriptor_limit_check_start(error))
		return 1;
	return options->action == VMFC_ACTION_COLLECT ? vmfc_app_run(options, command_line, error)
						      : vmfc_inspect_run(options, error);
}

int
main(int argc, char *argv[])
{
	static VmfcLog log;
	g_autofree gchar *left_out = vmfc_environment_clear();
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) arguments = g_new0(gchar *, argc + 1);

	fill_standard_files();
	/* a reader that goes away or a file size limit is an error to handle, not the end */
	signal(SIGPIPE, SIG_IGN);
	/* where it is ignored children cannot be waited for */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGXFSZ, SIG_IGN);
	setlocale(LC_CTYPE, "");
	g_set_prgname("vmfc");
	for (gint i = 0; i < argc; i++)
		arguments[i] = g_strdup(argv[i]);

	if (argc > 1 && g_str_equal(arguments[1], "merge")) {
		g_free(arguments[1]);
		memmove(arguments + 1, arguments + 2, (gsize)(argc - 1) * sizeof(gchar *));
		return finish_output(merge(arguments, &log));
	}
	g_autoptr(VmfcOptions) options = vmfc_options_parse(arguments, &error);
	if (options == NULL) {
		print_error(error);
		return 2;
	}
	log.verbose = options->verbose;
	vmfc_log_install(&log);
	if (options->action == VMFC_ACTION_HELP) {
		fputs(options->help, stdout);
		return finish_output(0);
	}
	if (options->action == VMFC_ACTION_VERSION) {
		printf("vmfc %s (plugin ABI %d.%d)\n", VMFC_VERSION, VMFC_ABI_MAJOR,
		       VMFC_ABI_MINOR);
		return finish_output(0);
	}
	if (left_out != NULL && starts_programs(options))
		g_warning("%s", left_out);
	gint code = run(options, (const gchar *const *)arguments, &error);
	if (error != NULL)
		print_error(error);
	return finish_output(code);
}
