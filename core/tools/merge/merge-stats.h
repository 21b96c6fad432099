/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/columns.h"
#include "tools/merge/power-label.h"

/* Why a row of features has no label. */
typedef enum {
	VMFC_UNMATCHED_NO_TIME,
	VMFC_UNMATCHED_UNORDERED,
	VMFC_UNMATCHED_SAME_TIME,
	VMFC_UNMATCHED_BEFORE,
	VMFC_UNMATCHED_AFTER,
	VMFC_UNMATCHED_GAP,
	VMFC_UNMATCHED_STILL,
	VMFC_UNMATCHED_THRESHOLD,
	VMFC_N_UNMATCHED,
} VmfcUnmatched;

/* Statistics of the rows of a run, or of all runs: how many matched, and how well. */
typedef struct {
	guint64 n_rows; /* of features */
	guint64 n_matched;
	guint64 n_unmatched[VMFC_N_UNMATCHED];
	guint64 n_inside; /* windows inside the power series */
	guint64 n_inside_matched;
	guint64 n_methods[VMFC_N_POWER_LABELS];
	VmfcColumnRange labels[VMFC_N_ZONES];
	guint64 n_stale;
	guint64 n_still; /* labels of 0 W that are missing because the machine was busy */
	guint64 n_gaps;	 /* between windows */
	gdouble widest_gap;
	gdouble max_window;
	gdouble time_diff_sum;
	gdouble time_diff_max;
	gdouble first_time;
	gdouble last_time;
	guint64 unordered_at;
} VmfcMergeStats;

void
vmfc_merge_stats_init(VmfcMergeStats *quality);
void
vmfc_merge_stats_add(VmfcMergeStats *quality, const VmfcPowerLabel *label);
void
vmfc_merge_stats_add_run(VmfcMergeStats *sum, const VmfcMergeStats *run);
const gchar *
vmfc_merge_stats_get_reason(VmfcUnmatched reason);
const gchar *
vmfc_merge_stats_get_reason_text(VmfcUnmatched reason);
