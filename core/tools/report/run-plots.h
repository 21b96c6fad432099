/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/run-data.h"
#include "tools/report/section.h"

void
vmfc_run_plots_add(VmfcSection *section, const VmfcRunData *data, guint n_columns);
void
vmfc_run_plots_add_histogram(VmfcSection *section, const VmfcSketch *sketch, const gchar *name,
			     const gchar *title, const gchar *label);
