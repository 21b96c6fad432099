/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/column-summary.h"

#include <math.h>

/* A KiB each: what all sketches of a file may need together. */
#define MAX_PAGES_OF_FILE   16384
#define MIN_PAGES_OF_COLUMN 4
#define MAX_PAGES_OF_COLUMN 250
/* How far a number that was read quickly may be from the exact one. */
#define INEXACT 1e-14

VmfcColumnSummaries *
vmfc_column_summaries_new(const VmfcTable *table)
{
	VmfcColumnSummaries *summaries = g_new0(VmfcColumnSummaries, 1);
	guint n = table->columns->len;

	summaries->table = table;
	summaries->n = n;
	summaries->max_pages = CLAMP(MAX_PAGES_OF_FILE / MAX(n, 1), MIN_PAGES_OF_COLUMN,
				     MAX_PAGES_OF_COLUMN);
	summaries->columns = g_new0(VmfcColumnSummary, n);
	summaries->values = g_new(gdouble, n);
	for (guint i = 0; i < n; i++) {
		summaries->values[i] = NAN;
		summaries->columns[i].minimum = INFINITY;
		summaries->columns[i].maximum = -INFINITY;
	}
	return summaries;
}

void
vmfc_column_summaries_free(VmfcColumnSummaries *summaries)
{
	for (guint i = 0; i < summaries->n; i++)
		g_clear_pointer(&summaries->columns[i].sketch, vmfc_sketch_free);
	g_free(summaries->columns);
	g_free(summaries->values);
	g_free(summaries);
}

/* Minimum and maximum are the nearest doubles of their texts, which take long to find. */
static void
add_number(VmfcColumnSummary *column, const VmfcTableCell *cell, gdouble value, gboolean is_exact)
{
	gdouble margin = is_exact ? 0 : fabs(value) * INEXACT;

	if (value - margin < column->minimum || value + margin > column->maximum) {
		gdouble exact = is_exact ? value : vmfc_cell_get_number(cell);
		column->minimum = MIN(column->minimum, exact);
		column->maximum = MAX(column->maximum, exact);
	}
	column->n_numbers++;
	vmfc_sketch_add(column->sketch, value);
}

void
vmfc_column_summaries_add(VmfcColumnSummaries *summaries, const VmfcTableRow *row)
{
	summaries->n_rows++;
	for (guint i = 0; i < summaries->n; i++) {
		VmfcTableCell cell = row->cells[i];
		VmfcColumnSummary *column = &summaries->columns[i];
		gboolean is_exact;
		gdouble value;

		summaries->values[i] = NAN;
		if (cell.kind == VMFC_CELL_MISSING)
			continue;
		if (vmfc_cell_look(&cell, &value, &is_exact)) {
			if (column->sketch == NULL)
				column->sketch = vmfc_sketch_new(summaries->max_pages);
			add_number(column, &cell, value, is_exact);
			summaries->values[i] = value;
		}
		column->n_present += cell.kind != VMFC_CELL_MISSING;
	}
}

/* Returns: (nullable) */
const VmfcColumnSummary *
vmfc_column_summaries_find(const VmfcColumnSummaries *summaries, const gchar *name)
{
	gint column = vmfc_table_find(summaries->table, name);
	return column >= 0 ? &summaries->columns[column] : NULL;
}
