/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>

#include "base/log.h"
#include "base/program.h"
#include "tools/report/report.h"

/* Returns: the exit code */
static gint
report(const VmfcProgram *program, VmfcLog *log)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcReportArguments) arguments = vmfc_report_arguments_parse(program->arguments,
									       &error);

	if (arguments == NULL)
		return vmfc_program_fail(error);
	if (arguments->help != NULL) {
		fputs(arguments->help, stdout);
		return 0;
	}
	log->verbose = arguments->verbose;
	vmfc_log_install(log);
	return vmfc_report_run(arguments, &error) ? 0 : vmfc_program_fail(error);
}

int
main(int argc, char *argv[])
{
	static VmfcLog log;
	g_auto(VmfcProgram) program = {0};

	vmfc_program_start(&program, argc, argv);
	return vmfc_program_finish(report(&program, &log));
}
