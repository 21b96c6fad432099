/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "model/model.h"
#include "tools/report/section.h"

gchar *
vmfc_model_report_build_card_path(const gchar *path);
VmfcSection *
vmfc_model_report_build(const VmfcModel *model, const gchar *path, guint max_rows);
