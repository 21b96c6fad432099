/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/table.h"

VmfcRowResult
vmfc_csv_rows_read_header(VmfcTable *table, GError **error);
VmfcRowResult
vmfc_csv_rows_next(VmfcTable *table);
