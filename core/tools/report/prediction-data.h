/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/row-clock.h"
#include "tools/report/cloud.h"
#include "tools/report/column-summary.h"
#include "tools/report/gaps.h"
#include "tools/report/names.h"
#include "tools/report/run-facts.h"
#include "tools/report/time-grid.h"
#include "tools/report/zones.h"

/* The errors of one group of one zone, in W. */
typedef struct {
	guint64 n;
	guint64 n_held;	    /* measured power within the interval */
	guint64 n_interval; /* rows with one */
	gdouble sum;
	gdouble sum_of_sizes;
	gdouble minimum;
	gdouble maximum;
	VmfcSketch *sketch; /* NULL: no rows */
} VmfcErrors;

/* One zone of a file of predictions. */
typedef struct {
	VmfcCloud estimated; /* by measured power */
	VmfcCloud errors;    /* by measured power */
	VmfcCloud by_load;   /* errors by busy CPUs */
	VmfcTimeGrid grid;   /* of the error */
	VmfcGaps gaps;
	VmfcShortTime time;
	VmfcErrors groups[VMFC_NAMES_MAX];
} VmfcPredictionZone;

/* What one pass over the file that `vmfc train --predictions` writes leaves. */
typedef struct {
	VmfcTable *table;
	VmfcRowClock clock;
	gboolean has_clock;
	VmfcRunFacts facts;
	VmfcColumnSummaries *summaries;
	VmfcNames groups;
	VmfcNames zone_names;
	guint n_zones;
	VmfcPredictionZone zones[VMFC_ZONES_MAX];
	gint group;
	gint zone;
	gint measured;
	gint estimated;
	gint low; /* -1 for none, as the next */
	gint high;
	gint busy;
} VmfcPredictionData;

gboolean
vmfc_prediction_data_fits(const VmfcTable *table);
VmfcPredictionData *
vmfc_prediction_data_read(VmfcTable *table, GPtrArray *names, GError **error);
void
vmfc_prediction_data_free(VmfcPredictionData *data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPredictionData, vmfc_prediction_data_free)
