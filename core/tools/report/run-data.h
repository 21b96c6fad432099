/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/row-clock.h"
#include "tools/report/column-summary.h"
#include "tools/report/gaps.h"
#include "tools/report/names.h"
#include "tools/report/picture.h"
#include "tools/report/time-grid.h"

/* What one pass over the rows of a run leaves. Its size does not depend on the number of rows. */
typedef struct {
	VmfcTable *table;
	VmfcRowClock clock;
	VmfcRunFacts facts;
	VmfcColumnSummaries *summaries;
	VmfcNames workloads;
	gint workload_column;	/* -1 for none */
	gint transition_column; /* -1 for none */
	gint range_column;	/* -1 for none */
	guint64 n_ranges;	/* rows that say whether their estimate is in range */
	guint64 n_out_of_range;
	VmfcGaps gaps;
	VmfcTimeGrid grid;
	GPtrArray *pictures; /* of VmfcPicture; their lines are the series of the grid, one by one,
			      * each with the ends of its interval */
	GArray *series;	     /* of VmfcSeries */
	VmfcSketch *longer;  /* by how much windows are longer than their interval, in us */
	VmfcSketch *shorter; /* or shorter */
	guint64 n_no_time;
} VmfcRunData;

typedef struct {
	gint column;
	gboolean is_rate;
} VmfcSeries;

VmfcRunData *
vmfc_run_data_read(VmfcTable *table, GPtrArray *names, GError **error);
void
vmfc_run_data_free(VmfcRunData *data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcRunData, vmfc_run_data_free)
