/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

VmfcModel *
vmfc_import_xgboost(const gchar *path, const gchar *zone, GError **error);
