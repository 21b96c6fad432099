/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

typedef enum {
	VMFC_CELL_MISSING,
	VMFC_CELL_PLAIN, /* of CSV, perhaps a number: see vmfc_cell_look() */
	VMFC_CELL_NUMBER,
	VMFC_CELL_TRUTH, /* true or false */
	VMFC_CELL_TEXT,
	VMFC_CELL_LIST, /* of JSON strings */
} VmfcCellKind;

/* One value of a row, as in its file. The row owns the text, which is not terminated. */
typedef struct {
	const gchar *text; /* of a string without its quotes */
	guint32 length;
	guint8 kind; /* VmfcCellKind */
	guint8 is_quoted;
	guint8 is_escaped; /* contains \ of JSON, or "" of CSV */
	guint8 is_json;
} VmfcTableCell;

gboolean
vmfc_cell_look(VmfcTableCell *cell, gdouble *value, gboolean *is_exact);
gdouble
vmfc_cell_get_number(const VmfcTableCell *cell);
gboolean
vmfc_cell_is_true(const VmfcTableCell *cell);
