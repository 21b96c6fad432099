/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/buffered-file.h"
#include "rows/row.h"
#include "rows/spill-file.h"

/* More than real files have, and few enough for memory. */
#define VMFC_MAX_COLUMNS 4096
/* Total length of the names of all columns of a file: 64 bytes for each. */
#define VMFC_MAX_NAMES_SIZE (VMFC_MAX_COLUMNS * 64)

/*
 * One file of rows, in JSON (an array, or an object per line) or CSV: its columns and the position
 * in it. table-reader.h reads it.
 */
typedef struct {
	VmfcBufferedFile *source;
	gboolean is_json;
	goffset first_row;     /* offset in the file */
	GPtrArray *columns;    /* of names; NULL while they are in the spill file */
	GHashTable *by_name;   /* name to column + 1 */
	gsize names_length;    /* bytes of all names */
	goffset spill_offset;  /* of the names in the spill file */
	gsize spill_length;    /* 0: they are not in it */
	guint next_column;     /* JSON: the expected one */
	gboolean adds_columns; /* JSON: new names become columns */
	gboolean is_array;     /* JSON: a bracket was opened */
	gboolean is_closed;
	gsize broken_at;       /* JSON: where in the buffer the syntax error is */
	gboolean is_no_object; /* JSON: the syntax error is a row that is not an object */
	gboolean is_cut;       /* the file ends within a row, or its array has no end */
	guint n_cut_off;       /* incomplete rows at its end, which are left out: 0 or 1 */
	guint64 n_rows;	       /* read so far */
	guint64 n_uneven;      /* rows that were skipped for a wrong number of cells */
	guint64 uneven_at;     /* the first of them; the row after the header is 1 */
	VmfcTableRow row;
} VmfcTable;

VmfcTable *
vmfc_table_new(VmfcBufferedFile *source);
void
vmfc_table_free(VmfcTable *table);
gint
vmfc_table_find(const VmfcTable *table, const gchar *name);
const gchar *
vmfc_table_get_name(const VmfcTable *table, guint column);
gchar *
vmfc_table_show_name(const gchar *name);
guint
vmfc_table_add_column(VmfcTable *table, const gchar *name);
gboolean
vmfc_table_put_aside(VmfcTable *table, VmfcSpillFile *spill, GError **error);
gboolean
vmfc_table_take_back(VmfcTable *table, const VmfcSpillFile *spill, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcTable, vmfc_table_free)
