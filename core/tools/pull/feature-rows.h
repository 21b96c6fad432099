/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/pull/column.h"
#include "tools/pull/machine.h"

/* Makes the records of a machine again from samples of its metrics. */
typedef struct _VmfcPullFeatures VmfcPullFeatures;

typedef struct {
	guint64 n_rows;
	guint64 n_ambiguous; /* records of two runs at a time */
	guint64 n_no_time;   /* samples without the time of a record */
	guint64 n_repeated;  /* the same record, scraped again */
	guint64 n_gaps;	     /* rows without counters, because the record before them is missing */
	guint64 n_left_out;  /* series of columns that no reader of vmfc has room for */
	gdouble interval;    /* s, of the last record; NaN: unknown */
} VmfcPullCounts;

VmfcPullFeatures *
vmfc_pull_features_new(const VmfcMachine *machine, const VmfcPullNames *names,
		       const GPtrArray *series);
void
vmfc_pull_features_free(VmfcPullFeatures *features);
gchar *
vmfc_pull_features_build_header(const VmfcPullFeatures *features);
const GPtrArray *
vmfc_pull_features_get_columns(const VmfcPullFeatures *features);
const VmfcPullCounts *
vmfc_pull_features_get_counts(const VmfcPullFeatures *features);
guint
vmfc_pull_features_add(VmfcPullFeatures *features, const GPtrArray *series, gint64 from,
		       GString *rows);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPullFeatures, vmfc_pull_features_free)
