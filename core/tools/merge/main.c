/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/program.h"
#include "tools/merge/merge.h"

VMFC_DEFINE_TOOL(VmfcMergeArguments, vmfc_merge_arguments_parse, vmfc_merge_run)
