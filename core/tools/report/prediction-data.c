/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/prediction-data.h"

#include <math.h>

#include "rows/table-reader.h"

#define SKETCH_KIB 64

/* Whether the table has the columns of predictions. */
gboolean
vmfc_prediction_data_fits(const VmfcTable *table)
{
	static const gchar *const names[] = {"group", "zone", "measured", "estimated"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (vmfc_table_find(table, names[i]) < 0)
			return FALSE;
	}
	return TRUE;
}

static void
prepare(VmfcPredictionData *data, GPtrArray *names)
{
	data->has_clock = vmfc_row_clock_init(&data->clock, data->table, NULL);
	vmfc_run_facts_init(&data->facts, data->table->source->path);
	data->summaries = vmfc_column_summaries_new(data->table);
	vmfc_names_init(&data->groups, names);
	vmfc_names_init(&data->zone_names, NULL);
	data->group = vmfc_table_find(data->table, "group");
	data->zone = vmfc_table_find(data->table, "zone");
	data->measured = vmfc_table_find(data->table, "measured");
	data->estimated = vmfc_table_find(data->table, "estimated");
	data->low = vmfc_table_find(data->table, "low");
	data->high = vmfc_table_find(data->table, "high");
	data->busy = vmfc_table_find(data->table, "busy");
}

/* Returns: (nullable): %NULL if there are too many */
static VmfcPredictionZone *
find_zone(VmfcPredictionData *data, guint number)
{
	if (number >= VMFC_ZONES_MAX)
		return NULL;
	for (; data->n_zones <= number; data->n_zones++) {
		VmfcPredictionZone *zone = &data->zones[data->n_zones];
		vmfc_cloud_init(&zone->estimated);
		vmfc_cloud_init(&zone->errors);
		vmfc_cloud_init(&zone->by_load);
		vmfc_time_grid_init(&zone->grid, 1);
		vmfc_gaps_init(&zone->gaps);
		zone->time = (VmfcShortTime){.last = NAN};
	}
	return &data->zones[number];
}

static void
add_error(VmfcErrors *errors, gdouble error)
{
	if (!isfinite(error))
		return;
	if (errors->sketch == NULL) {
		errors->sketch = vmfc_sketch_new(SKETCH_KIB);
		errors->minimum = errors->maximum = error;
	}
	errors->minimum = MIN(errors->minimum, error);
	errors->maximum = MAX(errors->maximum, error);
	vmfc_sketch_add(errors->sketch, error);
	errors->n++;
	errors->sum += error;
	errors->sum_of_sizes += fabs(error);
}

static void
add_interval(const VmfcPredictionData *data, VmfcErrors *errors)
{
	const gdouble *values = data->summaries->values;

	if (data->low < 0 || data->high < 0)
		return;
	gdouble measured = values[data->measured];
	gdouble low = values[data->low];
	gdouble high = values[data->high];
	if (!isfinite(measured) || !isfinite(low) || !isfinite(high))
		return;
	errors->n_interval++;
	errors->n_held += measured >= low && measured <= high;
}

static void
add_row(VmfcPredictionData *data, const VmfcTableRow *row)
{
	const gdouble *values = data->summaries->values;
	gdouble time;

	vmfc_column_summaries_add(data->summaries, row);
	guint group = vmfc_names_add(&data->groups, &row->cells[data->group]);
	VmfcPredictionZone *zone = find_zone(
		data, vmfc_names_add(&data->zone_names, &row->cells[data->zone]));
	if (zone == NULL)
		return;
	gdouble measured = values[data->measured];
	gdouble error = values[data->estimated] - measured;
	vmfc_cloud_add(&zone->estimated, measured, values[data->estimated], group);
	vmfc_cloud_add(&zone->errors, measured, error, group);
	if (data->busy >= 0)
		vmfc_cloud_add(&zone->by_load, values[data->busy], error, group);
	add_error(&zone->groups[group], error);
	add_interval(data, &zone->groups[group]);
	if (!data->has_clock || !vmfc_row_clock_read(&data->clock, row, &time))
		return;
	time = vmfc_short_time_add(&zone->time, time);
	guint slot = vmfc_time_grid_add_row(&zone->grid, time, (guint16)group, FALSE);
	vmfc_gaps_add_row(&zone->gaps, time, 0);
	vmfc_time_grid_add(&zone->grid, slot, 0, error);
}

/* See vmfc_run_data_read(). */
VmfcPredictionData *
vmfc_prediction_data_read(VmfcTable *table, GPtrArray *names, GError **error)
{
	g_autoptr(VmfcPredictionData) data = g_new0(VmfcPredictionData, 1);
	const VmfcTableRow *row;

	data->table = table;
	prepare(data, names);
	if (!vmfc_table_reader_rewind(table, error))
		return NULL;
	do {
		if (!vmfc_table_reader_next(table, &row, error))
			return NULL;
		if (row != NULL)
			add_row(data, row);
	} while (row != NULL);
	for (guint i = 0; i < data->n_zones; i++)
		vmfc_gaps_sort(&data->zones[i].gaps);
	return g_steal_pointer(&data);
}

static void
clear_zone(VmfcPredictionZone *zone)
{
	vmfc_cloud_clear(&zone->estimated);
	vmfc_cloud_clear(&zone->errors);
	vmfc_cloud_clear(&zone->by_load);
	vmfc_time_grid_clear(&zone->grid);
	vmfc_gaps_clear(&zone->gaps);
	for (guint i = 0; i < VMFC_NAMES_MAX; i++)
		g_clear_pointer(&zone->groups[i].sketch, vmfc_sketch_free);
}

void
vmfc_prediction_data_free(VmfcPredictionData *data)
{
	for (guint i = 0; i < data->n_zones; i++)
		clear_zone(&data->zones[i]);
	g_clear_pointer(&data->summaries, vmfc_column_summaries_free);
	vmfc_names_clear(&data->groups);
	vmfc_names_clear(&data->zone_names);
	vmfc_run_facts_clear(&data->facts);
	vmfc_table_free(data->table);
	g_free(data);
}
