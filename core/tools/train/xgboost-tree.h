/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

gboolean
vmfc_xgboost_tree_read(JsonObject *object, guint n_features, VmfcEstimator *estimator,
		       GError **error);
