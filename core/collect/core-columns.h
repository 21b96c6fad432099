/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/ticker.h"
#include "plugin/context.h"
#include "workload/workload-labels.h"

/* The core's own columns: time, host, workload and lateness of a record. */

/* The values of these columns in one record. Times in ns. */
typedef struct {
	const VmfcTick *tick;
	gint64 realtime; /* CLOCK_REALTIME at which the reading began */
	gint64 end;	 /* CLOCK_MONOTONIC after the last sampler was read */
	gint64 window;	 /* its length; -1: the first tick has none */
	gint64 interval;
	guint64 n_missed;
	const gchar *hostname;
	const gchar *const *zones; /* constant during the run */
	const VmfcWorkloadLabels *labels;
} VmfcRecordFacts;

VmfcContext *
vmfc_core_columns_new(const VmfcRun *run);
gboolean
vmfc_core_columns_add_head(VmfcContext *context, GError **error);
gboolean
vmfc_core_columns_add_tail(VmfcContext *context, GError **error);
void
vmfc_core_columns_set(VmfcRecord *record, const VmfcRecordFacts *facts);
