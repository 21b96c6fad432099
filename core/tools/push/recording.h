/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "remote/remote-stream.h"
#include "rows/row-clock.h"

/* A file of records, whose rows become samples. */
typedef struct _VmfcRecording VmfcRecording;

typedef struct {
	guint64 n_records;   /* that became samples */
	guint64 n_no_time;   /* left out */
	guint64 n_unordered; /* not later than the record before; left out */
} VmfcRecordingCounts;

VmfcRecording *
vmfc_recording_open(const gchar *path, const gchar *const *labels, GError **error);
void
vmfc_recording_free(VmfcRecording *recording);
gboolean
vmfc_recording_next(VmfcRecording *recording, VmfcRemoteBatch *batch, gboolean *is_over,
		    GError **error);
const VmfcRecordingCounts *
vmfc_recording_get_counts(const VmfcRecording *recording);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcRecording, vmfc_recording_free)
