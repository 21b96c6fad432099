/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/cell.h"

gchar *
vmfc_cell_get_text(const VmfcTableCell *cell);

/* The maximum number of bytes that one of these functions writes. */
#define VMFC_CELL_ROOM(length) (6 * (gsize)(length) + 8)

gchar *
vmfc_cell_write_json(const VmfcTableCell *cell, gboolean is_list, gchar *at);
gchar *
vmfc_cell_write_csv(const VmfcTableCell *cell, gchar *at);
void
vmfc_cell_append_csv(GString *text, const gchar *value);
