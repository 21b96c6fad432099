/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"

VmfcModel *
power_model_file_read(const gchar *path, GError **error);
