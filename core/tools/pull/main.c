/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/program.h"
#include "tools/pull/pull.h"

VMFC_DEFINE_TOOL(VmfcPullArguments, vmfc_pull_arguments_parse, vmfc_pull_run)
