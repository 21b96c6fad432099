/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/program.h"

gboolean
vmfc_tool_is_requested(const VmfcProgram *program);
void
vmfc_tool_run(const VmfcProgram *program, GError **error);
gchar *
vmfc_tool_get_help(void);
