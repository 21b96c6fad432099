/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "record/record.h"
#include "collect/writer.h"

/* Statistics of a run, for the progress line and for the summary at the end. */
typedef struct _VmfcSummary VmfcSummary;

VmfcSummary *
vmfc_summary_new(const VmfcSchema *schema);
void
vmfc_summary_free(VmfcSummary *summary);
void
vmfc_summary_add(VmfcSummary *summary, const VmfcRecord *record);

void
vmfc_summary_add_missed(VmfcSummary *summary, guint64 n_missed);
guint64
vmfc_summary_get_n_records(const VmfcSummary *summary);
guint64
vmfc_summary_get_n_missed(const VmfcSummary *summary);
gint64
vmfc_summary_get_lateness(const VmfcSummary *summary, gdouble fraction);
guint64
vmfc_summary_get_n_missing(const VmfcSummary *summary, guint column, guint reason);
guint64
vmfc_summary_get_n_present(const VmfcSummary *summary, guint column);
gchar *
vmfc_summary_get_progress(const VmfcSummary *summary);
gchar *
vmfc_summary_to_text(const VmfcSummary *summary, const VmfcWriterResult *result, gdouble work_time,
		     guint width);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcSummary, vmfc_summary_free)
