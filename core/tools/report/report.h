/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/arguments.h"

gboolean
vmfc_report_run(const VmfcReportArguments *arguments, GError **error);
