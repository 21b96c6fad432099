/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/run-report.h"

#include <math.h>

#include "tools/report/run-plots.h"

/* Rows, and what is wrong with the file. */
void
vmfc_run_report_add_rows(VmfcSection *section, const VmfcTable *table)
{
	g_autofree gchar *rows = g_strdup_printf("%" G_GUINT64_FORMAT,
						 table->n_rows - table->n_uneven);

	vmfc_section_add_fact(section, "Rows", rows);
	if (table->n_cut_off > 0)
		vmfc_section_add_note(section, "The last row is not complete, and is left out: the "
					       "file is still written, or its writer was killed.");
	else if (table->is_cut)
		vmfc_section_add_note(section, "The list of rows is not closed: the file is still "
					       "written, or its writer was killed.");
	if (table->n_uneven > 0)
		vmfc_section_add_note(section,
				      "%" G_GUINT64_FORMAT " rows are left out, because they have "
				      "another number of cells than the first line.",
				      table->n_uneven);
}

static void
add_times(VmfcSection *section, const VmfcRunData *data)
{
	gdouble first = vmfc_time_grid_get_first(&data->grid);
	gdouble last = vmfc_time_grid_get_last(&data->grid);
	g_autofree gchar *from = vmfc_row_clock_format(first);
	g_autofree gchar *to = vmfc_row_clock_format(last);
	g_autofree gchar *gaps = data->gaps.n == 0
					 ? g_strdup("none")
					 : g_strdup_printf("%" G_GUINT64_FORMAT ", %.4g s in all",
							   data->gaps.n, data->gaps.sum);

	vmfc_section_add_fact(section, "First row", from);
	vmfc_section_add_fact(section, "Last row", to);
	vmfc_section_add_fact(section, "Gaps", gaps);
	if (data->range_column >= 0) {
		g_autofree gchar *out = g_strdup_printf("%" G_GUINT64_FORMAT
							" of %" G_GUINT64_FORMAT,
							data->n_out_of_range, data->n_ranges);
		vmfc_section_add_fact(section, "Rows out of range", out);
	}
	if (data->gaps.n_back > 0)
		vmfc_section_add_note(section,
				      "The time goes back at %" G_GUINT64_FORMAT
				      " rows: the clock was set, or rows are not in order. Plots "
				      "show each row at its time, so rows may be on top of others.",
				      data->gaps.n_back);
	if (data->n_no_time > 0)
		vmfc_section_add_note(section,
				      "%" G_GUINT64_FORMAT " rows have no time: they count in the "
				      "table, and are in no plot over time.",
				      data->n_no_time);
}

static void
add_column(VmfcSheet *sheet, const VmfcColumnSummaries *summaries, guint i,
	   const VmfcRunFacts *facts)
{
	const VmfcColumnSummary *column = &summaries->columns[i];
	const gchar *name = vmfc_table_get_name(summaries->table, i);
	VmfcColumnFact fact = vmfc_run_facts_find_column(facts, name);
	gboolean has_numbers = column->n_numbers > 0;
	gdouble median = has_numbers ? vmfc_sketch_find_median(column->sketch) : NAN;

	vmfc_sheet_add_text(sheet, name);
	vmfc_sheet_add_number(sheet, summaries->n_rows > 0 ? 100.0 * (gdouble)column->n_present /
								     (gdouble)summaries->n_rows
							   : NAN);
	vmfc_sheet_add_number(sheet, has_numbers ? column->minimum : NAN);
	vmfc_sheet_add_number(
		sheet, isfinite(median) ? CLAMP(median, column->minimum, column->maximum) : NAN);
	vmfc_sheet_add_number(sheet, has_numbers ? column->maximum : NAN);
	vmfc_sheet_add_text(sheet, fact.unit);
	vmfc_sheet_add_text(sheet, fact.state);
	vmfc_sheet_add_text(sheet, fact.reason);
}

/* The table of columns. @max_rows: of the table */
void
vmfc_run_report_add_columns(VmfcSection *section, const VmfcColumnSummaries *summaries,
			    const VmfcRunFacts *facts, guint max_rows)
{
	static const gchar *const headers[] = {"column",       "present, %", "minimum",
					       "median (1 %)", "maximum",    "unit",
					       "state",	       "reason",     NULL};
	VmfcSheet *sheet = vmfc_section_add_sheet(section, "Columns", headers);
	guint n = MIN(summaries->n, max_rows);
	guint n_unknown = 0;

	for (guint i = 0; i < n; i++)
		add_column(sheet, summaries, i, facts);
	sheet->n_left_out = summaries->n - n;
	for (guint i = 0; i < n; i++)
		n_unknown += summaries->columns[i].sketch != NULL &&
			     !isfinite(vmfc_sketch_find_median(summaries->columns[i].sketch));
	if (n_unknown > 0)
		vmfc_section_add_note(section,
				      "The median of %u columns is not known: each has numbers of "
				      "more than %u powers of two, for which there is no memory in "
				      "a file of %u columns.",
				      n_unknown, summaries->max_pages, summaries->n);
}

static void
add_workloads(VmfcSection *section, const VmfcRunData *data)
{
	static const gchar *const headers[] = {"workload", "rows", NULL};
	const GPtrArray *names = data->workloads.names;

	if (data->workload_column < 0)
		return;
	vmfc_names_add_to_section(&data->workloads, section);
	VmfcSheet *sheet = vmfc_section_add_sheet(section, "Workloads", headers);
	for (guint i = 0; i < names->len; i++) {
		if (data->workloads.counts[i] == 0)
			continue;
		vmfc_sheet_add_text(sheet, names->pdata[i]);
		vmfc_sheet_add_number(sheet, (gdouble)data->workloads.counts[i]);
	}
}

/*
 * @n_columns: of pixels of a plot over time, at most
 * @max_rows: of a table
 *
 * Returns: (transfer full)
 */
VmfcSection *
vmfc_run_report_build(const VmfcRunData *data, guint n_columns, guint max_rows)
{
	VmfcSection *section = vmfc_section_new("Run", data->table->source->path);

	vmfc_run_report_add_rows(section, data->table);
	add_times(section, data);
	vmfc_run_facts_describe(&data->facts, section);
	if (data->facts.reason != NULL)
		vmfc_section_add_note(section,
				      "The meta file %s is not used: %s. So the machine is not "
				      "known, and units follow from the names of columns.",
				      data->facts.path, data->facts.reason);
	else if (data->facts.root == NULL)
		vmfc_section_add_note(section,
				      "There is no meta file %s of this run, so the machine is not "
				      "known, and units follow from the names of columns.",
				      data->facts.path);
	vmfc_run_plots_add(section, data, n_columns);
	add_workloads(section, data);
	vmfc_run_report_add_columns(section, data->summaries, &data->facts, max_rows);
	return section;
}
