/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/section.h"
#include "tools/report/training-data.h"

void
vmfc_training_plots_add(VmfcSection *section, const VmfcTrainingData *data, guint n_columns);
