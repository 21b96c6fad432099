/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/train-model.h"

VmfcTrainingSet *
vmfc_train_test_read(const VmfcTrainingSet *set, const VmfcTrainArguments *arguments,
		     GError **error);
gboolean
vmfc_train_test_run(const VmfcModel *model, const GPtrArray *zones,
		    const VmfcTrainingSet *kept_back, GError **error);
