/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/training-report.h"

#include <math.h>

#include "base/document.h"
#include "tools/report/run-report.h"
#include "tools/report/training-plots.h"

/* Adds the elements of left_out that have these two members. */
static void
add_left_out(VmfcSheet *sheet, JsonObject *left_out, const gchar *key, const gchar *name_key,
	     const gchar *what)
{
	JsonArray *array = vmfc_document_get_array(left_out, key);

	for (guint i = 0; array != NULL && i < json_array_get_length(array); i++) {
		JsonNode *node = json_array_get_element(array, i);
		gdouble rows = NAN;
		if (!JSON_NODE_HOLDS_OBJECT(node))
			continue;
		JsonObject *object = json_node_get_object(node);
		const gchar *name = vmfc_document_get_string(object, name_key);
		g_autofree gchar *text = g_strdup_printf("%s %s", what, name != NULL ? name : "");
		vmfc_document_get_number(object, "rows", &rows);
		vmfc_sheet_add_text(sheet, text);
		vmfc_sheet_add_number(sheet, rows);
		vmfc_sheet_add_text(sheet, vmfc_document_get_string(object, "why"));
	}
}

/* What merge has left out, and why. */
static void
add_facts(VmfcSection *section, const VmfcTrainingData *data)
{
	static const gchar *const headers[] = {"left out", "rows", "why", NULL};
	JsonObject *root = vmfc_run_facts_get_root(&data->facts);
	JsonObject *left_out = root != NULL ? vmfc_document_get_object(root, "left_out") : NULL;

	if (data->facts.reason != NULL) {
		vmfc_section_add_note(section,
				      "The meta file %s is not used: %s. So it is not known what "
				      "was left out, and what the lag was.",
				      data->facts.path, data->facts.reason);
		return;
	}
	if (root == NULL) {
		vmfc_section_add_note(section,
				      "There is no meta file %s of vmfc merge, so it is not known "
				      "what was left out, and what the lag was.",
				      data->facts.path);
		return;
	}
	vmfc_section_add_fact(section, "Made by", vmfc_document_get_string(root, "generator"));
	vmfc_section_add_fact(section, "Version", vmfc_document_get_string(root, "version"));
	if (left_out == NULL)
		return;
	VmfcSheet *sheet = vmfc_section_add_sheet(section, "Left out", headers);
	add_left_out(sheet, left_out, "rows", "reason", "rows:");
	add_left_out(sheet, left_out, "zones", "zone", "zone");
	add_left_out(sheet, left_out, "columns_never_present", "name", "column");
}

static void
add_names(VmfcSection *section, const gchar *title, const VmfcNames *names, gboolean has_column)
{
	const gchar *const headers[] = {title, "rows", NULL};

	if (!has_column)
		return;
	VmfcSheet *sheet = vmfc_section_add_sheet(section, title, headers);
	for (guint i = 0; i < names->names->len; i++) {
		if (names->counts[i] == 0)
			continue;
		vmfc_sheet_add_text(sheet, names->names->pdata[i]);
		vmfc_sheet_add_number(sheet, (gdouble)names->counts[i]);
	}
}

/* See vmfc_run_report_build(). */
VmfcSection *
vmfc_training_report_build(const VmfcTrainingData *data, guint n_columns, guint max_rows)
{
	VmfcSection *section = vmfc_section_new("Training set", data->table->source->path);
	guint64 n_rows = data->summaries->n_rows;

	vmfc_run_report_add_rows(section, data->table);
	if (data->stale_column >= 0 && n_rows > 0) {
		g_autofree gchar *stale = g_strdup_printf(
			"%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " (%.1f %%)", data->n_stale,
			n_rows, 100.0 * (gdouble)data->n_stale / (gdouble)n_rows);
		vmfc_section_add_fact(section, "Rows with stale power", stale);
	}
	add_facts(section, data);
	if (data->cpu_column < 0)
		vmfc_section_add_note(section, "No column has the CPU use, so no plot shows power "
					       "by CPU use.");
	if (data->zones.n_left_out > 0)
		vmfc_section_add_note(section, "Plots show the first %d zones of %u.",
				      VMFC_ZONES_MAX, data->zones.n + data->zones.n_left_out);
	if (data->runs.names->len > VMFC_TRAINING_MAX_RUNS)
		vmfc_section_add_note(section, "Plots over time show the first %d runs of %u.",
				      VMFC_TRAINING_MAX_RUNS, data->runs.names->len);
	if (data->workload_column >= 0)
		vmfc_names_add_to_section(&data->workloads, section);
	vmfc_training_plots_add(section, data, n_columns);
	add_names(section, "Workloads", &data->workloads, data->workload_column >= 0);
	add_names(section, "Runs", &data->runs, data->run_column >= 0);
	add_names(section, "Methods of power", &data->methods, data->method_column >= 0);
	vmfc_run_report_add_columns(section, data->summaries, &data->facts, max_rows);
	return section;
}
