/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>

#include "base/log.h"
#include "base/program.h"
#include "tools/train/convert.h"
#include "tools/train/evaluate.h"
#include "tools/train/train.h"

/* Trains, or does what the user asked for instead. */
static gboolean
run(const VmfcTrainArguments *arguments, GError **error)
{
	if (arguments->evaluated != NULL)
		return vmfc_evaluate_run(arguments, error);
	if (arguments->export_form != NULL)
		return vmfc_convert_export(arguments, error);
	if (arguments->import_form != NULL)
		return vmfc_convert_import(arguments, error);
	return vmfc_train_run(arguments, error);
}

/* Returns: the exit code */
static gint
train(const VmfcProgram *program, VmfcLog *log)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcTrainArguments) arguments = vmfc_train_arguments_parse(program->arguments,
									     &error);

	if (arguments == NULL)
		return vmfc_program_fail(error);
	if (arguments->help != NULL) {
		fputs(arguments->help, stdout);
		return 0;
	}
	log->verbose = arguments->verbose;
	vmfc_log_install(log);
	return run(arguments, &error) ? 0 : vmfc_program_fail(error);
}

int
main(int argc, char *argv[])
{
	static VmfcLog log;
	g_auto(VmfcProgram) program = {0};

	vmfc_program_start(&program, argc, argv);
	return vmfc_program_finish(train(&program, &log));
}
