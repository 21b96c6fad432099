/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/arguments.h"

gboolean
vmfc_convert_export(const VmfcTrainArguments *arguments, GError **error);
gboolean
vmfc_convert_import(const VmfcTrainArguments *arguments, GError **error);
