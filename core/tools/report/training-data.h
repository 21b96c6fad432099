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

/* The first runs have separate plots over time; the others are only counted. */
#define VMFC_TRAINING_MAX_RUNS 8

/* One run of a training set: CPU use, then the power of each zone. */
typedef struct {
	VmfcTimeGrid grid;
	VmfcGaps gaps;
	VmfcShortTime time;
} VmfcTrainingRun;

/* What one pass over a training set leaves. */
typedef struct {
	VmfcTable *table;
	VmfcRowClock clock;
	gboolean has_clock;
	VmfcRunFacts facts;
	VmfcColumnSummaries *summaries;
	VmfcLabelZones zones;
	VmfcCloud clouds[VMFC_ZONES_MAX];
	VmfcNames workloads;
	VmfcNames runs;
	VmfcNames methods;
	gint workload_column; /* -1 for none, as the others */
	gint run_column;
	gint method_column;
	gint stale_column;
	gint cpu_column;
	const gchar *cpu_name;
	guint64 n_stale;
	guint n_runs; /* with a grid */
	VmfcTrainingRun run_data[VMFC_TRAINING_MAX_RUNS];
} VmfcTrainingData;

VmfcTrainingData *
vmfc_training_data_read(VmfcTable *table, GPtrArray *names, GError **error);
void
vmfc_training_data_free(VmfcTrainingData *data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcTrainingData, vmfc_training_data_free)
