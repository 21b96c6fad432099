/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

gboolean
vmfc_estimator_read(JsonObject *object, guint n_features, VmfcEstimator *estimator, GError **error);
gboolean
vmfc_estimator_check_tree(const VmfcTreeNode *nodes, guint n_nodes, guint n_features,
			  GError **error);
