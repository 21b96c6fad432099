/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/table.h"

VmfcRowResult
vmfc_csv_reader_read_header(VmfcTable *table, GError **error);
VmfcRowResult
vmfc_csv_reader_next(VmfcTable *table);
