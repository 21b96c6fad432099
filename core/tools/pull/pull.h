/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/pull/arguments.h"

gboolean
vmfc_pull_run(const VmfcPullArguments *arguments, GError **error);
