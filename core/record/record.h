/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "record/schema.h"

typedef union {
	gint64 i;
	gdouble d;
	const gchar *const *strings;
} VmfcCell;

/* The storage of one record. Every cell has a bit; a counter has a total and perhaps a delta. */
typedef struct {
	guint64 tick;
	guint64 *present;   /* value or total is there */
	guint64 *has_delta; /* counters: growth in the window is known */
	VmfcCell *cells;
	VmfcCell *deltas;
	gchar *strings; /* VMFC_STRING_SIZE bytes per string column */
	guint8 *why; /* 1 + index of the reason for which the cell is missing; 0: none is known */
} VmfcRow;

/* The totals at which the current window began. */
typedef struct {
	guint64 *present;
	VmfcCell *totals;
} VmfcBaseline;

/*
 * A view of a row. A sampler's view holds its own columns only and has a row only while the
 * sampler may write; a sink's view holds all visible columns.
 */
struct _VmfcRecord {
	const VmfcSchema *schema;
	const guint *map; /* plugin's column to cell; NULL where they are the same */
	guint n_columns;  /* that it may write */
	guint n_readable; /* they and, where it derives, others behind them in the map */
	VmfcRow *row;
	const VmfcBaseline *baseline;
	const gchar *plugin;	 /* whose it is; NULL for a sink's */
	gboolean misuse_is_said; /* of a plugin that writes what it may not; said once */
};

gsize
vmfc_row_get_size(const VmfcSchema *schema);
void
vmfc_row_init(VmfcRow *row, const VmfcSchema *schema, gpointer storage);
void
vmfc_row_clear(VmfcRow *row, const VmfcSchema *schema);

VmfcRow *
vmfc_row_new(const VmfcSchema *schema);
void
vmfc_row_free(VmfcRow *row);
void
vmfc_row_clear_cells(VmfcRow *row, const VmfcRecord *view);
void
vmfc_row_copy_cells(VmfcRow *to, const VmfcRow *from, const VmfcRecord *view);

void
vmfc_record_warn_of_misuse(VmfcRecord *record, const gchar *format, ...) G_GNUC_PRINTF(2, 3);
gboolean
vmfc_record_get_start(const VmfcRecord *record, guint column, gdouble *start);

VmfcBaseline *
vmfc_baseline_new(const VmfcSchema *schema);
void
vmfc_baseline_free(VmfcBaseline *baseline);
void
vmfc_baseline_advance(VmfcBaseline *baseline, const VmfcRow *row, const VmfcSchema *schema,
		      gboolean keep_missing);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcRow, vmfc_row_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcBaseline, vmfc_baseline_free)
