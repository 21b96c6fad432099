/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* What was estimated of rows, beside what was measured. */
typedef struct {
	guint n_rows;
	const gdouble *measured; /* W */
	const gdouble *estimated;
	const gdouble *low; /* NaN where there is no interval */
	const gdouble *high;
	const gdouble *seconds;	    /* (nullable): length of windows; %NULL: all the same */
	const gdouble *utilisation; /* the first feature of each row */
	const guint *groups;
	guint n_groups;
	gdouble floor; /* W: rows with less have no part in relative errors */
} VmfcEstimates;

/* How wrong estimates are. What there was no row for is NaN. */
typedef struct {
	guint n_rows;
	gdouble mae;	    /* W, mean absolute error */
	gdouble mape;	    /* %, mean absolute relative error of rows not below the floor */
	gdouble bias;	    /* W, mean error */
	gdouble energy;	    /* %, error of the sum of energy */
	gdouble idle;	    /* W, mean error of rows that are idle */
	gdouble held;	    /* % of rows within their interval */
	gdouble half_width; /* % of what was measured, rows not below the floor */
} VmfcFigures;

/* Of all groups. */
typedef struct {
	VmfcFigures *groups;
	guint n_groups;
	VmfcFigures mean; /* of the groups */
	VmfcFigures rows; /* over all rows, as if they were one group */
	guint worst;	  /* the group with the greatest MAPE */
	guint least_held; /* the group with the fewest rows within their interval */
} VmfcFigureTable;

VmfcFigureTable *
vmfc_figure_table_new(const VmfcEstimates *estimates);
void
vmfc_figure_table_free(VmfcFigureTable *table);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcFigureTable, vmfc_figure_table_free)
