/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/section.h"
#include "tools/report/training-data.h"

VmfcSection *
vmfc_training_report_build(const VmfcTrainingData *data, guint n_columns, guint max_rows);
