/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/convert.h"

#include "model/model-read.h"
#include "model/model-write.h"
#include "tools/train/export-kepler.h"
#include "tools/train/import-xgboost.h"
#include "tools/train/train-output.h"
#include "vmfc/vmfc-plugin.h"

#define EXTENSION ".json"

static VmfcRunFiles *
open_files(const gchar *path)
{
	static const gchar *const extensions[] = {EXTENSION, NULL};
	return vmfc_run_files_new(path, extensions, 0);
}

/* Before anything is read. */
static gboolean
check(const VmfcTrainArguments *arguments, const gchar *option, GError **error)
{
	g_autoptr(VmfcRunFiles) files = open_files(arguments->output);
	g_autofree gchar *path = vmfc_run_files_build_path(files, EXTENSION);

	if (arguments->files[1] == NULL)
		return vmfc_train_output_check_path(arguments, "output", path, error);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "--%s takes one file, and %s and %s are given: do one after the other", option,
		    arguments->files[0], arguments->files[1]);
	return FALSE;
}

static gboolean
write_text(const VmfcTrainArguments *arguments, const gchar *text, GError **error)
{
	g_autoptr(VmfcRunFiles) files = open_files(arguments->output);
	g_autoptr(VmfcAtomicFile) draft = vmfc_train_output_draft(files, EXTENSION, text, error);
	return draft != NULL && vmfc_train_output_publish(draft, files, error);
}

/* A model of ours as the weights that Kepler reads. */
gboolean
vmfc_convert_export(const VmfcTrainArguments *arguments, GError **error)
{
	if (!check(arguments, "export", error))
		return FALSE;
	g_autoptr(VmfcModel) model = vmfc_model_read(arguments->files[0], error);
	if (model == NULL)
		return FALSE;
	g_autofree gchar *text = vmfc_export_kepler_build(model, error);
	if (text == NULL) {
		g_prefix_error(error, "%s cannot be exported without loss: ", arguments->files[0]);
		return FALSE;
	}
	return write_text(arguments, text, error);
}

/* What XGBoost saved as a model of ours. */
gboolean
vmfc_convert_import(const VmfcTrainArguments *arguments, GError **error)
{
	if (!check(arguments, "import", error))
		return FALSE;
	if (arguments->zones == NULL || arguments->zones[1] != NULL) {
		g_set_error_literal(
			error, VMFC_ERROR, VMFC_ERROR_USAGE,
			"--import needs the zone that the model estimates: give one, as "
			"in --zones package");
		return FALSE;
	}
	g_autoptr(VmfcModel) model = vmfc_import_xgboost(arguments->files[0], arguments->zones[0],
							 error);
	if (model == NULL)
		return FALSE;
	g_autofree gchar *text = vmfc_model_to_text(model);
	return write_text(arguments, text, error);
}
