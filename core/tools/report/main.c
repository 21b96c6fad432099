/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/program.h"
#include "tools/report/report.h"

VMFC_DEFINE_TOOL(VmfcReportArguments, vmfc_report_arguments_parse, vmfc_report_run)
