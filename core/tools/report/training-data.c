/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/training-data.h"

#include <math.h>

#include "base/document.h"
#include "rows/table-reader.h"

#define MAX_META_SIZE ((gsize)16 << 20)

/* ----------------------------------------------------------------- opening */

/* The meta file of vmfc merge, if there is one. */
static void
read_facts(VmfcTrainingData *data)
{
	g_autoptr(GError) error = NULL;

	vmfc_run_facts_init(&data->facts, data->table->source->path);
	if (!g_file_test(data->facts.path, G_FILE_TEST_EXISTS))
		return;
	JsonNode *root = vmfc_document_read(data->facts.path, MAX_META_SIZE, &error);
	if (root == NULL) {
		g_warning("%s is not used: %s", data->facts.path, error->message);
		vmfc_run_facts_refuse(&data->facts, error->message);
		return;
	}
	if (!JSON_NODE_HOLDS_OBJECT(root) ||
	    g_strcmp0(vmfc_document_get_string(json_node_get_object(root), "generator"),
		      "vmfc merge") != 0) {
		g_warning("%s is not used: it is not a meta file of vmfc merge", data->facts.path);
		vmfc_run_facts_refuse(&data->facts, "it is not a meta file of vmfc merge");
		json_node_unref(root);
		return;
	}
	vmfc_run_facts_take(&data->facts, root);
}

static void
find_cpu_column(VmfcTrainingData *data)
{
	static const gchar *const names[] = {"cpu_utilization", "cpu_busy", "cpu_user_time"};

	data->cpu_column = -1;
	for (guint i = 0; data->cpu_column < 0 && i < G_N_ELEMENTS(names); i++) {
		data->cpu_column = vmfc_table_find(data->table, names[i]);
		data->cpu_name = names[i];
	}
}

static void
prepare(VmfcTrainingData *data, GPtrArray *names)
{
	g_autoptr(GError) error = NULL;

	data->has_clock = vmfc_row_clock_init(&data->clock, data->table, &error);
	if (error != NULL)
		g_message("no plots over time: %s", error->message);
	read_facts(data);
	vmfc_label_zones_find(&data->zones, data->table);
	find_cpu_column(data);
	data->summaries = vmfc_column_summaries_new(data->table);
	for (guint i = 0; i < data->zones.n; i++)
		vmfc_cloud_init(&data->clouds[i]);
	vmfc_names_init(&data->workloads, names);
	vmfc_names_init(&data->runs, NULL);
	vmfc_names_init(&data->methods, NULL);
	data->workload_column = vmfc_table_find(data->table, "stress_workload");
	data->run_column = vmfc_table_find(data->table, "run");
	data->method_column = vmfc_table_find(data->table, "power_method");
	data->stale_column = vmfc_table_find(data->table, "power_stale");
}

/* -------------------------------------------------------------------- rows */

static guint
add_name(VmfcNames *names, gint column, const VmfcTableRow *row)
{
	return column >= 0 ? vmfc_names_add(names, &row->cells[column]) : 0;
}

/* Returns: (nullable): of the run of this row */
static VmfcTrainingRun *
find_run(VmfcTrainingData *data, guint run)
{
	if (run >= VMFC_TRAINING_MAX_RUNS)
		return NULL;
	for (; data->n_runs <= run; data->n_runs++) {
		vmfc_time_grid_init(&data->run_data[data->n_runs].grid, data->zones.n + 1);
		vmfc_gaps_init(&data->run_data[data->n_runs].gaps);
		data->run_data[data->n_runs].time = (VmfcShortTime){.last = NAN};
	}
	return &data->run_data[run];
}

static void
add_to_run(VmfcTrainingData *data, const VmfcTableRow *row, guint run, guint workload,
	   gboolean is_stale)
{
	VmfcTrainingRun *one = find_run(data, run);
	const gdouble *values = data->summaries->values;
	guint16 label = data->workload_column >= 0 ? (guint16)workload : VMFC_TIME_GRID_NO_LABEL;
	gdouble time;

	if (one == NULL || !data->has_clock || !vmfc_row_clock_read(&data->clock, row, &time))
		return;
	time = vmfc_short_time_add(&one->time, time);
	guint slot = vmfc_time_grid_add_row(&one->grid, time, label, is_stale);
	vmfc_gaps_add_row(&one->gaps, time, vmfc_row_clock_read_length(&data->clock, row));
	if (data->cpu_column >= 0)
		vmfc_time_grid_add(&one->grid, slot, 0, values[data->cpu_column]);
	for (guint i = 0; i < data->zones.n; i++)
		vmfc_time_grid_add(&one->grid, slot, i + 1, values[data->zones.columns[i]]);
}

static void
add_row(VmfcTrainingData *data, const VmfcTableRow *row)
{
	const gdouble *values = data->summaries->values;

	vmfc_column_summaries_add(data->summaries, row);
	guint workload = add_name(&data->workloads, data->workload_column, row);
	guint run = add_name(&data->runs, data->run_column, row);
	gboolean is_stale = data->stale_column >= 0 &&
			    vmfc_cell_is_true(&row->cells[data->stale_column]);
	add_name(&data->methods, data->method_column, row);
	data->n_stale += is_stale;
	for (guint i = 0; data->cpu_column >= 0 && i < data->zones.n; i++)
		vmfc_cloud_add(&data->clouds[i], values[data->cpu_column],
			       values[data->zones.columns[i]], workload);
	add_to_run(data, row, run, workload, is_stale);
}

/* See vmfc_run_data_read(). */
VmfcTrainingData *
vmfc_training_data_read(VmfcTable *table, GPtrArray *names, GError **error)
{
	g_autoptr(VmfcTrainingData) data = g_new0(VmfcTrainingData, 1);
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
	for (guint i = 0; i < data->n_runs; i++)
		vmfc_gaps_sort(&data->run_data[i].gaps);
	return g_steal_pointer(&data);
}

void
vmfc_training_data_free(VmfcTrainingData *data)
{
	for (guint i = 0; i < data->n_runs; i++) {
		vmfc_time_grid_clear(&data->run_data[i].grid);
		vmfc_gaps_clear(&data->run_data[i].gaps);
	}
	for (guint i = 0; i < VMFC_ZONES_MAX; i++)
		vmfc_cloud_clear(&data->clouds[i]);
	g_clear_pointer(&data->summaries, vmfc_column_summaries_free);
	vmfc_names_clear(&data->workloads);
	vmfc_names_clear(&data->runs);
	vmfc_names_clear(&data->methods);
	vmfc_run_facts_clear(&data->facts);
	vmfc_table_free(data->table);
	g_free(data);
}
