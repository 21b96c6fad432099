/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/buffered-file.h"
#include "rows/row.h"
#include "rows/spill-file.h"

/* More than anybody has, and little enough to be held. */
#define VMFC_MAX_COLUMNS 4096
/* Of the names of all columns of a file: 64 bytes for each of as many as there may be. */
#define VMFC_LONGEST_NAMES (VMFC_MAX_COLUMNS * 64)

/*
 * One file of rows, which is JSON (an array, or an object per line) or CSV: its columns, and how
 * far it has been read. table-reader.h reads it.
 */
typedef struct {
	VmfcBufferedFile *source;
	gboolean is_json;
	goffset first_row;     /* where in the file it begins */
	GPtrArray *columns;    /* of names; NULL while they are put aside */
	GHashTable *by_name;   /* name to column + 1 */
	gsize names_length;    /* bytes of all names */
	goffset aside_at;      /* where the names were put aside */
	gsize aside_length;    /* 0: they never were */
	guint next_column;     /* JSON: which one is expected */
	gboolean adds_columns; /* JSON: the names are being gathered */
	gboolean is_array;     /* JSON: a bracket was opened */
	gboolean is_closed;
	gsize broken_at;       /* JSON: where in the buffer it is none */
	gboolean is_no_object; /* JSON: something else stands there in place of a row */
	gboolean is_cut;       /* it ended within a row, or its array has no end */
	guint n_cut_off;       /* rows at its end that are not whole, and left out: 0 or 1 */
	guint64 n_rows;	       /* read so far */
	guint64 n_uneven;      /* rows that were skipped */
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
vmfc_table_put_aside(VmfcTable *table, VmfcSpillFile *aside, GError **error);
gboolean
vmfc_table_take_back(VmfcTable *table, const VmfcSpillFile *aside, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcTable, vmfc_table_free)
