/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/pull/column.h"

gchar *
vmfc_csv_text_build_header(const GPtrArray *columns);
void
vmfc_csv_text_append_number(GString *text, gdouble value);
void
vmfc_csv_text_append_value(GString *text, const VmfcPullColumn *column, gdouble value);
void
vmfc_csv_text_append_iso(GString *text, gdouble time);
