/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/summary.h"

/* A line with the progress, if standard error is a terminal. */
typedef struct _VmfcProgress VmfcProgress;

VmfcProgress *
vmfc_progress_new(gint64 interval, guint64 n_windows);
void
vmfc_progress_free(VmfcProgress *progress);
void
vmfc_progress_begin(VmfcProgress *progress);
void
vmfc_progress_update(VmfcProgress *progress, guint64 tick, const VmfcSummary *summary);
void
vmfc_progress_clear(VmfcProgress *progress);
