/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/run-data.h"
#include "tools/report/section.h"

VmfcSection *
vmfc_run_report_build(const VmfcRunData *data, guint n_columns, guint max_rows);
void
vmfc_run_report_add_columns(VmfcSection *section, const VmfcColumnSummaries *summaries,
			    const VmfcRunFacts *facts, guint max_rows);
void
vmfc_run_report_add_rows(VmfcSection *section, const VmfcTable *table);
