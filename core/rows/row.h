/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/cell.h"

/* The result of reading a row. */
typedef enum {
	VMFC_ROW_READ,
	VMFC_ROW_END,	 /* the file has no more rows */
	VMFC_ROW_CUT,	 /* the file is truncated here, for example because its writer was killed */
	VMFC_ROW_MORE,	 /* the buffer ends within it: fill it, and read again */
	VMFC_ROW_BROKEN, /* a syntax error */
} VmfcRowResult;

/* One row of a file. The texts of its cells are in the file's buffer until the next row is read. */
typedef struct {
	VmfcTableCell *cells; /* by column */
	guint max_cells;      /* size of the array */
	guint n_cells;	      /* CSV: of the row; those that exceed max_cells are only counted */
	/* as in the CSV file; NULL for JSON, and if other readers would see two rows in it */
	const gchar *line;
	gsize line_length;
} VmfcTableRow;
