/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/report/prediction-data.h"
#include "tools/report/section.h"

VmfcSection *
vmfc_prediction_report_build(const VmfcPredictionData *data, guint n_columns, guint max_rows);
