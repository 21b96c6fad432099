/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/training-set.h"

gboolean
vmfc_training_rows_read(VmfcTrainingSet *set, VmfcTrainingInput *input, const gchar *group,
			GError **error);
void
vmfc_training_rows_sort(VmfcTrainingSet *set);
