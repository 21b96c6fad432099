/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/table.h"
#include "tools/report/sketch.h"

/* What all rows of a file have in one column. */
typedef struct {
	guint64 n_present;
	guint64 n_numbers;
	gdouble minimum;
	gdouble maximum;
	VmfcSketch *sketch; /* NULL: no numbers */
} VmfcColumnSummary;

/* Of all columns of a table, which stays until this is freed. */
typedef struct {
	const VmfcTable *table;
	guint n;
	guint max_pages;
	guint64 n_rows;
	VmfcColumnSummary *columns;
	gdouble *values; /* of the last row; NaN if it has no number there */
} VmfcColumnSummaries;

VmfcColumnSummaries *
vmfc_column_summaries_new(const VmfcTable *table);
void
vmfc_column_summaries_free(VmfcColumnSummaries *summaries);
void
vmfc_column_summaries_add(VmfcColumnSummaries *summaries, const VmfcTableRow *row);
const VmfcColumnSummary *
vmfc_column_summaries_find(const VmfcColumnSummaries *summaries, const gchar *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcColumnSummaries, vmfc_column_summaries_free)
