/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"
#include "tools/report/section.h"

void
vmfc_model_plots_add(VmfcSection *section, const VmfcZoneModel *zone);
