/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/atomic-file.h"
#include "tools/train/train-model.h"

gboolean
vmfc_predictions_write(const GPtrArray *zones, VmfcAtomicFile *draft, GError **error);
