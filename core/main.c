/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>

#include "collect/app.h"
#include "collect/descriptor-limit.h"
#include "base/log.h"
#include "base/program.h"
#include "inspect/inspect.h"
#include "inspect/version.h"
#include "tool.h"

/* Returns: whether vmfc may search PATH for the program of a workload */
static gboolean
starts_programs(const VmfcOptions *options)
{
	return options->action == VMFC_ACTION_LIST_WORKLOADS ||
	       options->action == VMFC_ACTION_CHECK ||
	       options->action == VMFC_ACTION_CHECK_STRICTLY ||
	       (options->action == VMFC_ACTION_COLLECT && options->workload != NULL &&
		!g_str_equal(options->workload, "none"));
}

static void
print_help(const VmfcOptions *options)
{
	g_autofree gchar *tools = vmfc_tool_get_help();
	fputs(options->help, stdout);
	fputs(tools, stdout);
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
	g_auto(VmfcProgram) program = {0};
	g_autoptr(GError) error = NULL;

	vmfc_program_start(&program, argc, argv);
	GStrv arguments = program.arguments;
	if (vmfc_tool_is_requested(&program)) {
		vmfc_tool_run(&program, &error);
		return vmfc_program_fail(error);
	}
	if (argc > 1 && g_str_equal(arguments[1], "help")) {
		g_free(arguments[1]);
		arguments[1] = g_strdup("--help");
	}
	vmfc_log_install(&log);
	g_autoptr(VmfcPluginIndex) index = vmfc_plugin_index_new();
	g_autoptr(VmfcOptions) options = vmfc_options_parse(arguments, index, &error);
	if (options == NULL) {
		vmfc_program_print_error(error);
		return 2;
	}
	log.verbose = options->verbose;
	if (options->action == VMFC_ACTION_HELP) {
		print_help(options);
		return vmfc_program_finish(0);
	}
	if (options->action == VMFC_ACTION_VERSION) {
		g_autofree gchar *version = vmfc_version_describe(index);
		fputs(version, stdout);
		return vmfc_program_finish(0);
	}
	if (program.path_warning != NULL && starts_programs(options))
		g_warning("%s", program.path_warning);
	gint code = run(options, (const gchar *const *)arguments, &error);
	if (error != NULL)
		vmfc_program_print_error(error);
	return vmfc_program_finish(code);
}
