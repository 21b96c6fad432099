/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>

#include "base/program.h"
#include "tools/report/report.h"

static gboolean
report(GStrv words, VmfcLog *log, GError **error)
{
	g_autoptr(VmfcReportArguments) arguments = vmfc_report_arguments_parse(words, error);

	if (arguments == NULL)
		return FALSE;
	if (arguments->help != NULL) {
		fputs(arguments->help, stdout);
		return TRUE;
	}
	log->verbose = arguments->verbose;
	vmfc_log_install(log);
	return vmfc_report_run(arguments, error);
}

int
main(int argc, char *argv[])
{
	return vmfc_program_run_tool(report, argc, argv);
}
