/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/cell.h"

/* What became of a row that was asked for. */
typedef enum {
	VMFC_ROW_READ,
	VMFC_ROW_END,	 /* there are no more */
	VMFC_ROW_CUT,	 /* the file ends within or before it, as when its writer was killed */
	VMFC_ROW_MORE,	 /* the buffer ends within it: fill, and ask again */
	VMFC_ROW_BROKEN, /* it is not of the form that the file has */
} VmfcRowResult;

/* One row of a file. The texts of its cells are in the file's buffer until the next row is read. */
typedef struct {
	VmfcTableCell *cells; /* by column */
	guint max_cells;      /* that there is room for */
	guint n_cells;	      /* CSV: that the row has; those beyond the room are only counted */
	/* as it stands in a CSV file; NULL for JSON, and where readers would see two rows in it */
	const gchar *line;
	gsize line_length;
} VmfcTableRow;
