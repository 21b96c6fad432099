/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/arguments.h"

gboolean
vmfc_merge_run(const VmfcMergeArguments *options, GError **error);
