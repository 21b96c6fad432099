/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/spill-file.h"
#include "rows/cell.h"
#include "rows/buffered-file.h"

/* More than anybody has, and little enough to be held. */
#define VMFC_MAX_COLUMNS 4096
/* Of the names of all columns of a file: 64 bytes for each of as many as there may be. */
#define VMFC_LONGEST_NAMES (VMFC_MAX_COLUMNS * 64)

/* What became of a row that was asked for. */
typedef enum {
	VMFC_ROW_READ,
	VMFC_ROW_END,	 /* there are no more */
	VMFC_ROW_CUT,	 /* the file ends within or before it, as when its writer was killed */
	VMFC_ROW_MORE,	 /* the buffer ends within it: fill, and ask again */
	VMFC_ROW_UNEVEN, /* CSV: not as many cells as the header has; it was skipped */
	VMFC_ROW_BROKEN, /* it is not of the form that the file has */
} VmfcRowResult;

typedef struct {
	VmfcTableCell *cells; /* by column */
	/* as it stands in a CSV file; NULL for JSON, and where readers would see two rows in it */
	const gchar *line;
	gsize line_length;
} VmfcTableRow;

/* The rows of one file, which is JSON (an array, or an object per line) or CSV. */
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
vmfc_table_open(const gchar *path, GError **error);
VmfcTable *
vmfc_table_new(VmfcBufferedFile *source, GError **error);
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
vmfc_table_next(VmfcTable *table, const VmfcTableRow **row, GError **error);
gboolean
vmfc_table_rewind(VmfcTable *table, GError **error);
gboolean
vmfc_table_put_aside(VmfcTable *table, VmfcSpillFile *aside, GError **error);
gboolean
vmfc_table_take_back(VmfcTable *table, const VmfcSpillFile *aside, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcTable, vmfc_table_free)
