/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/meta.h"
#include "output/run-files.h"

/*
 * What a run produces besides its records: the meta file of the run and of each part, and the
 * summary. The writer's thread adds records and ends parts.
 */
typedef struct _VmfcResults VmfcResults;

VmfcResults *
vmfc_results_new(const VmfcMeta *meta, VmfcRunFiles *outputs);
void
vmfc_results_free(VmfcResults *results);
void
vmfc_results_divide(VmfcResults *results, VmfcWriter *writer);
void
vmfc_results_set_start(VmfcResults *results, gint64 start_time);
void
vmfc_results_move_start(VmfcResults *results, gint64 nanoseconds);
void
vmfc_results_add(VmfcResults *results, const VmfcRecord *record);
void
vmfc_results_add_missed(VmfcResults *results, guint64 n_missed);
const VmfcSummary *
vmfc_results_get_summary(const VmfcResults *results);
gboolean
vmfc_results_begin(VmfcResults *results, GError **error);
void
vmfc_results_announce(const VmfcResults *results);
gboolean
vmfc_results_finish(VmfcResults *results, const VmfcWriterResult *result);
void
vmfc_results_print(const VmfcResults *results, const VmfcWriterResult *result, gdouble work_time);
