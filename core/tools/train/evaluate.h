/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/train/arguments.h"

gboolean
vmfc_evaluate_run(const VmfcTrainArguments *arguments, GError **error);
