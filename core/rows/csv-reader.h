/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/buffered-file.h"
#include "rows/row.h"

/* The rows of a file of comma-separated values (RFC 4180). */
VmfcRowResult
vmfc_csv_reader_next(VmfcBufferedFile *source, VmfcTableRow *row);
