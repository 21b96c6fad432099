/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"
#include "tools/train/samples.h"

gboolean
vmfc_boosted_trees_are_available(void);
gboolean
vmfc_boosted_trees_fit(const VmfcSelection *selection, VmfcEstimator *estimator, GError **error);
