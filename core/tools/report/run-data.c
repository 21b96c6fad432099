/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/run-data.h"

#include <math.h>

#include "rows/table-reader.h"
#include "rows/input-meta.h"

#define US_PER_S   1e6
#define SKETCH_KIB 96

/* ----------------------------------------------------------------- opening */

static void
add_series(GArray *list, gint column, gboolean is_rate)
{
	const VmfcSeries series = {column, is_rate};
	g_array_append_val(list, series);
}

static void
list_series(VmfcRunData *data)
{
	for (guint i = 0; i < data->pictures->len; i++) {
		const VmfcPicture *picture = data->pictures->pdata[i];
		for (guint k = 0; k < picture->lines->len; k++) {
			const VmfcPictureLine *line = &g_array_index(picture->lines,
								     VmfcPictureLine, k);
			add_series(data->series, line->column, line->is_rate);
			if (line->low >= 0 && line->high >= 0) {
				add_series(data->series, line->low, FALSE);
				add_series(data->series, line->high, FALSE);
			}
		}
	}
}

/* Units and reasons, from the meta file if it belongs to these rows. */
static void
read_facts(VmfcRunData *data)
{
	VmfcInputMeta meta;

	vmfc_run_facts_init(&data->facts, data->table->source->path);
	vmfc_input_meta_init(&meta, data->table->source->path);
	vmfc_run_facts_take(&data->facts, vmfc_input_meta_read(&meta, data->table, &data->clock));
	vmfc_run_facts_refuse(&data->facts, meta.reason);
	vmfc_input_meta_clear(&meta);
}

static gboolean
has_length(const VmfcRowClock *clock)
{
	for (guint i = 0; i < VMFC_N_ROW_LENGTHS; i++) {
		if (clock->length_columns[i] >= 0)
			return TRUE;
	}
	return FALSE;
}

static void
prepare(VmfcRunData *data, GPtrArray *names)
{
	read_facts(data);
	data->summaries = vmfc_column_summaries_new(data->table);
	data->pictures = vmfc_picture_plan(data->table, &data->facts, has_length(&data->clock));
	data->series = g_array_new(FALSE, FALSE, sizeof(VmfcSeries));
	list_series(data);
	vmfc_names_init(&data->workloads, names);
	data->workload_column = vmfc_table_find(data->table, "stress_workload");
	data->transition_column = vmfc_table_find(data->table, "stress_transition");
	data->range_column = vmfc_table_find(data->table, "estimate_in_range");
	vmfc_gaps_init(&data->gaps);
	vmfc_time_grid_init(&data->grid, data->series->len);
	data->longer = vmfc_sketch_new(SKETCH_KIB);
	data->shorter = vmfc_sketch_new(SKETCH_KIB);
}

/* -------------------------------------------------------------------- rows */

static guint16
find_label(VmfcRunData *data, const VmfcTableRow *row)
{
	if (data->workload_column < 0)
		return VMFC_TIME_GRID_NO_LABEL;
	return (guint16)vmfc_names_add(&data->workloads, &row->cells[data->workload_column]);
}

static void
add_deviation(VmfcRunData *data)
{
	gint measured = data->clock.length_columns[VMFC_ROW_LENGTH_MEASURED];
	gint asked_for = data->clock.length_columns[VMFC_ROW_LENGTH_ASKED_FOR];

	if (measured < 0 || asked_for < 0)
		return;
	gdouble deviation = (data->summaries->values[measured] -
			     data->summaries->values[asked_for]) *
			    US_PER_S;
	if (isfinite(deviation))
		vmfc_sketch_add(deviation < 0 ? data->shorter : data->longer, fabs(deviation));
}

/* Returns: whether the row has an estimate, and it is out of range */
static gboolean
is_out_of_range(VmfcRunData *data, const VmfcTableRow *row)
{
	if (data->range_column < 0 || row->cells[data->range_column].kind == VMFC_CELL_MISSING)
		return FALSE;
	gboolean is_out = !vmfc_cell_is_true(&row->cells[data->range_column]);
	data->n_ranges++;
	data->n_out_of_range += is_out;
	return is_out;
}

static void
add_row(VmfcRunData *data, const VmfcTableRow *row)
{
	gdouble time;

	vmfc_column_summaries_add(data->summaries, row);
	add_deviation(data);
	guint16 label = find_label(data, row);
	gboolean is_out = is_out_of_range(data, row);
	if (!vmfc_row_clock_read(&data->clock, row, &time)) {
		data->n_no_time++;
		return;
	}
	gdouble length = vmfc_row_clock_read_length(&data->clock, row);
	gboolean is_marked = data->transition_column >= 0 &&
			     vmfc_cell_is_true(&row->cells[data->transition_column]);
	guint slot = vmfc_time_grid_add_row(&data->grid, time, label, is_marked);
	data->grid.slots[slot].n_out_of_range += is_out;
	vmfc_gaps_add_row(&data->gaps, time, length);
	for (guint i = 0; i < data->series->len; i++) {
		const VmfcSeries *series = &g_array_index(data->series, VmfcSeries, i);
		gdouble value = data->summaries->values[series->column];
		if (series->is_rate)
			value = length > 0 ? value / length : NAN;
		vmfc_time_grid_add(&data->grid, slot, i, value);
	}
}

/*
 * Reads all rows.
 *
 * @table: (transfer full): at its first row
 * @names: of workloads, which several files share
 *
 * Returns: (transfer full): %NULL with a sentence in @error
 */
VmfcRunData *
vmfc_run_data_read(VmfcTable *table, GPtrArray *names, GError **error)
{
	g_autoptr(VmfcRunData) data = g_new0(VmfcRunData, 1);
	const VmfcTableRow *row;

	data->table = table;
	if (!vmfc_row_clock_init(&data->clock, table, error))
		return NULL;
	prepare(data, names);
	do {
		if (!vmfc_table_reader_next(table, &row, error))
			return NULL;
		if (row != NULL)
			add_row(data, row);
	} while (row != NULL);
	vmfc_gaps_find(&data->gaps, &data->grid);
	vmfc_gaps_sort(&data->gaps);
	return g_steal_pointer(&data);
}

void
vmfc_run_data_free(VmfcRunData *data)
{
	vmfc_time_grid_clear(&data->grid);
	g_clear_pointer(&data->pictures, g_ptr_array_unref);
	g_clear_pointer(&data->series, g_array_unref);
	g_clear_pointer(&data->summaries, vmfc_column_summaries_free);
	g_clear_pointer(&data->longer, vmfc_sketch_free);
	g_clear_pointer(&data->shorter, vmfc_sketch_free);
	vmfc_names_clear(&data->workloads);
	vmfc_gaps_clear(&data->gaps);
	vmfc_run_facts_clear(&data->facts);
	vmfc_table_free(data->table);
	g_free(data);
}
