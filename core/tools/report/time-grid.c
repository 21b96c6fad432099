/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/time-grid.h"

#include <string.h>

#define N	    VMFC_TIME_GRID_SLOTS
#define FIRST_WIDTH (1.0 / 1024)

void
vmfc_time_grid_init(VmfcTimeGrid *grid, guint n_series)
{
	*grid = (VmfcTimeGrid){.n_series = n_series, .width = FIRST_WIDTH};
	grid->slots = g_new0(VmfcTimeSlot, N);
	grid->cells = g_new0(VmfcTimeCell, (gsize)N * MAX(n_series, 1));
}

void
vmfc_time_grid_clear(VmfcTimeGrid *grid)
{
	g_clear_pointer(&grid->slots, g_free);
	g_clear_pointer(&grid->cells, g_free);
}

static void
join_slots(VmfcTimeSlot *slot, const VmfcTimeSlot *other)
{
	if (other->n_rows == 0)
		return;
	if (slot->n_rows == 0) {
		*slot = *other;
		return;
	}
	slot->first = MIN(slot->first, other->first);
	slot->last = MAX(slot->last, other->last);
	slot->n_rows += other->n_rows;
	slot->n_marked += other->n_marked;
	slot->n_out_of_range += other->n_out_of_range;
	if (slot->label == other->label) {
		slot->n_votes += other->n_votes;
	} else if (slot->n_votes >= other->n_votes) {
		slot->n_votes -= other->n_votes;
	} else {
		slot->n_votes = other->n_votes - slot->n_votes;
		slot->label = other->label;
	}
}

static void
join_cells(VmfcTimeCell *cell, const VmfcTimeCell *other)
{
	if (other->n == 0)
		return;
	if (cell->n == 0) {
		*cell = *other;
		return;
	}
	cell->minimum = MIN(cell->minimum, other->minimum);
	cell->maximum = MAX(cell->maximum, other->maximum);
	cell->sum += other->sum;
	cell->n += other->n;
}

/* Makes one slot of the slots @from and @from + 1. */
static void
join_pair(VmfcTimeGrid *grid, guint to, guint from)
{
	guint n = grid->n_series;
	VmfcTimeSlot slot = grid->slots[from];

	join_slots(&slot, &grid->slots[from + 1]);
	grid->slots[to] = slot;
	for (guint i = 0; i < n; i++) {
		VmfcTimeCell cell = grid->cells[(gsize)from * n + i];
		join_cells(&cell, &grid->cells[(gsize)(from + 1) * n + i]);
		grid->cells[(gsize)to * n + i] = cell;
	}
}

static void
empty_half(VmfcTimeGrid *grid, guint first)
{
	memset(grid->slots + first, 0, N / 2 * sizeof *grid->slots);
	memset(grid->cells + (gsize)first * grid->n_series, 0,
	       N / 2 * (gsize)grid->n_series * sizeof *grid->cells);
}

static void
grow_to_the_future(VmfcTimeGrid *grid)
{
	for (guint i = 0; i < N / 2; i++)
		join_pair(grid, i, 2 * i);
	empty_half(grid, N / 2);
	grid->width *= 2;
}

static void
grow_to_the_past(VmfcTimeGrid *grid)
{
	for (guint i = N / 2; i-- > 0;)
		join_pair(grid, N / 2 + i, 2 * i);
	empty_half(grid, 0);
	grid->origin -= N * grid->width;
	grid->width *= 2;
}

/*
 * @label: VMFC_TIME_GRID_NO_LABEL for none
 *
 * Returns: the slot of the row
 */
guint
vmfc_time_grid_add_row(VmfcTimeGrid *grid, gdouble time, guint16 label, gboolean is_marked)
{
	if (!grid->has_rows)
		grid->origin = time;
	grid->has_rows = TRUE;
	while (time < grid->origin)
		grow_to_the_past(grid);
	while (time - grid->origin >= N * grid->width)
		grow_to_the_future(grid);
	guint index = MIN((guint)((time - grid->origin) / grid->width), N - 1);
	const VmfcTimeSlot row = {.first = time,
				  .last = time,
				  .n_rows = 1,
				  .n_marked = is_marked ? 1 : 0,
				  .n_votes = 1,
				  .label = label};
	join_slots(&grid->slots[index], &row);
	return index;
}

/*
 * Joins slots until a picture has at most so many columns.
 *
 * Returns: (transfer full): of VmfcTimeColumn; only those with rows
 */
GArray *
vmfc_time_grid_join(const VmfcTimeGrid *grid, guint n_columns, guint series)
{
	GArray *columns = g_array_new(FALSE, FALSE, sizeof(VmfcTimeColumn));
	guint n_used = N;

	while (n_used > 0 && grid->slots[n_used - 1].n_rows == 0)
		n_used--;
	guint n_joined = MAX((n_used + n_columns - 1) / MAX(n_columns, 1), 1);
	for (guint i = 0; i < n_used; i += n_joined) {
		VmfcTimeColumn column = {0};
		for (guint k = i; k < MIN(i + n_joined, n_used); k++) {
			join_slots(&column.slot, &grid->slots[k]);
			if (series < grid->n_series)
				join_cells(&column.cell,
					   &grid->cells[(gsize)k * grid->n_series + series]);
		}
		if (column.slot.n_rows > 0)
			g_array_append_val(columns, column);
	}
	return columns;
}

/* Returns: the time of the first row; NaN if there is none */
gdouble
vmfc_time_grid_get_first(const VmfcTimeGrid *grid)
{
	for (guint i = 0; i < N; i++) {
		if (grid->slots[i].n_rows > 0)
			return grid->slots[i].first;
	}
	return NAN;
}

gdouble
vmfc_time_grid_get_last(const VmfcTimeGrid *grid)
{
	for (guint i = N; i-- > 0;) {
		if (grid->slots[i].n_rows > 0)
			return grid->slots[i].last;
	}
	return NAN;
}
