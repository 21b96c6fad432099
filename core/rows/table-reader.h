/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/table.h"

/* Reads a table, in JSON or CSV, row by row. */
VmfcTable *
vmfc_table_reader_open(const gchar *path, GError **error);
VmfcTable *
vmfc_table_reader_open_source(VmfcBufferedFile *source, GError **error);
gboolean
vmfc_table_reader_next(VmfcTable *table, const VmfcTableRow **row, GError **error);
gboolean
vmfc_table_reader_rewind(VmfcTable *table, GError **error);
