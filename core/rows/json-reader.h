/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/table.h"

VmfcRowResult
vmfc_json_reader_next(VmfcTable *table);
gchar *
vmfc_json_reader_find_member(VmfcTable *table, gboolean *is_lists);
