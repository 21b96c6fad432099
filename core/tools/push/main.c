/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/program.h"
#include "tools/push/push.h"

VMFC_DEFINE_TOOL(VmfcPushArguments, vmfc_push_arguments_parse, vmfc_push_run)
