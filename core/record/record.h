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
	guint64 *present;   /* value or total is set */
	guint64 *has_delta; /* counters: growth in the window is known */
	VmfcCell *cells;
	VmfcCell *deltas;
	gchar *strings; /* VMFC_STRING_SIZE bytes per string column */
	guint8 *why;	/* 1 + index of the reason why the cell is missing; 0: unknown */
} VmfcRow;

/* The totals at the start of the current window. */
typedef struct {
	guint64 *present;
	guint64 *is_older; /* than the start of the window: the total was not read there */
	VmfcCell *totals;
} VmfcBaseline;

/*
 * A view of a row. A sampler's view has the columns of the sampler only, and has a row only while
 * the sampler may write. A sink's view has all visible columns.
 */
struct _VmfcRecord {
	const VmfcSchema *schema;
	const guint *map; /* the plugin's columns to cells; NULL: they are the same */
	guint n_columns;  /* that the plugin may write */
	guint n_readable; /* those, then in the map the others that derive may read */
	VmfcRow *row;
	const VmfcBaseline *baseline;
	const gchar *plugin;	   /* the owner; NULL: a sink */
	gboolean misuse_is_logged; /* an error of the plugin was logged; further ones are not */
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
