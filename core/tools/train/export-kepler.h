/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

gchar *
vmfc_export_kepler_build(const VmfcModel *model, GError **error);
