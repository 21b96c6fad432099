/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/table.h"

/* Messages about files that cannot be used: what is wrong, and what to do. */
gchar *
vmfc_diagnosis_show(const gchar *text, gsize length);
gboolean
vmfc_diagnosis_check_bytes(const VmfcBufferedFile *source, GError **error);
gchar *
vmfc_diagnosis_explain_header(const VmfcTable *table);
gchar *
vmfc_diagnosis_explain_near_name(const VmfcTable *table, const gchar *known);
gchar *
vmfc_diagnosis_explain_object(VmfcTable *table);
gchar *
vmfc_diagnosis_explain_number(const VmfcTable *table, guint column, const VmfcTableCell *cell);
gboolean
vmfc_diagnosis_is_number_in_text(const VmfcTableCell *cell);
void
vmfc_diagnosis_set_broken(const VmfcTable *table, GError **error);
