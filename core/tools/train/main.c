/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

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

VMFC_DEFINE_TOOL(VmfcTrainArguments, vmfc_train_arguments_parse, run)
