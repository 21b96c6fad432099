/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/buffered-file.h"
#include "rows/row.h"

/* How strictly a file follows RFC 4180. */
typedef enum {
	VMFC_CSV_STRICT, /* as programs write it; a last line without line feed is incomplete */
	/* as people write it: with blanks around cells, comment lines that begin with #, and a
	 * last line that may lack its line feed */
	VMFC_CSV_LOOSE,
} VmfcCsvForm;

VmfcRowResult
vmfc_csv_reader_next(VmfcBufferedFile *source, VmfcCsvForm form, VmfcTableRow *row);
