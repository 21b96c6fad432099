/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <math.h>

#include <glib.h>

#define VMFC_TIME_GRID_SLOTS	1024
#define VMFC_TIME_GRID_NO_LABEL G_MAXUINT16

/* The values of one series in one slot. */
typedef struct {
	gdouble minimum;
	gdouble maximum;
	gdouble sum;
	guint64 n;
} VmfcTimeCell;

/* The rows of one slot. */
typedef struct {
	gdouble first; /* time */
	gdouble last;
	guint64 n_rows;
	guint64 n_marked;
	guint64 n_out_of_range; /* of what the model of its estimate knows */
	guint64 n_votes;	/* for the label, as in the majority vote of Boyer and Moore */
	guint16 label;
} VmfcTimeSlot;

/*
 * A stretch of time in slots of the same width. The range of times is known only at the end, so the
 * grid grows: when a time is outside, two slots become one.
 */
typedef struct {
	guint n_series;
	gdouble origin; /* of the first slot */
	gdouble width;	/* of a slot, in s */
	gboolean has_rows;
	VmfcTimeSlot *slots;
	VmfcTimeCell *cells; /* slot by slot */
} VmfcTimeGrid;

void
vmfc_time_grid_init(VmfcTimeGrid *grid, guint n_series);
void
vmfc_time_grid_clear(VmfcTimeGrid *grid);
guint
vmfc_time_grid_add_row(VmfcTimeGrid *grid, gdouble time, guint16 label, gboolean is_marked);
GArray *
vmfc_time_grid_join(const VmfcTimeGrid *grid, guint n_columns, guint series);
gdouble
vmfc_time_grid_get_first(const VmfcTimeGrid *grid);
gdouble
vmfc_time_grid_get_last(const VmfcTimeGrid *grid);

/* One column of pixels of a picture: slots that have rows, joined. */
typedef struct {
	VmfcTimeSlot slot;
	VmfcTimeCell cell; /* of one series */
} VmfcTimeColumn;

/* @slot: of the row; @value: may be NaN, which is missing */
static inline void
vmfc_time_grid_add(VmfcTimeGrid *grid, guint slot, guint series, gdouble value)
{
	VmfcTimeCell *cell = &grid->cells[(gsize)slot * grid->n_series + series];

	if (!isfinite(value))
		return;
	cell->minimum = cell->n == 0 ? value : MIN(cell->minimum, value);
	cell->maximum = cell->n == 0 ? value : MAX(cell->maximum, value);
	cell->sum += value;
	cell->n++;
}
