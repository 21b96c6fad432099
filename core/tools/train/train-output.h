/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/atomic-file.h"
#include "tools/train/train-model.h"

gboolean
vmfc_train_output_check_path(const VmfcTrainArguments *arguments, const gchar *option,
			     const gchar *path, GError **error);
VmfcRunFiles *
vmfc_train_output_open_predictions(const gchar *path, const gchar **extension);
VmfcAtomicFile *
vmfc_train_output_draft(VmfcRunFiles *files, const gchar *extension, const gchar *text,
			GError **error);
gboolean
vmfc_train_output_publish(VmfcAtomicFile *draft, VmfcRunFiles *files, GError **error);
gboolean
vmfc_train_output_check(const VmfcTrainArguments *arguments, GError **error);
gboolean
vmfc_train_output_write(const VmfcTrainArguments *arguments, const VmfcModel *model,
			const VmfcTrainingSet *set, const GPtrArray *zones, GError **error);
void
vmfc_train_output_print(const GPtrArray *zones);
