/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>

#include "base/program.h"
#include "tools/push/push.h"

static gboolean
push(GStrv words, VmfcLog *log, GError **error)
{
	g_autoptr(VmfcPushArguments) arguments = vmfc_push_arguments_parse(words, error);

	if (arguments == NULL)
		return FALSE;
	if (arguments->help != NULL) {
		fputs(arguments->help, stdout);
		return TRUE;
	}
	log->verbose = arguments->verbose;
	vmfc_log_install(log);
	return vmfc_push_run(arguments, error);
}

int
main(int argc, char *argv[])
{
	return vmfc_program_run_tool(push, argc, argv);
}
