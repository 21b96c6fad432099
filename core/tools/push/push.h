/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/push/arguments.h"

gboolean
vmfc_push_run(const VmfcPushArguments *arguments, GError **error);
