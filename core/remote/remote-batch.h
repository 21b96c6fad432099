/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "remote/remote-series.h"

/* Samples of time series, and the message of Prometheus remote write 1.0 that they make. */
typedef struct _VmfcRemoteBatch VmfcRemoteBatch;

VmfcRemoteBatch *
vmfc_remote_batch_new(void);
void
vmfc_remote_batch_free(VmfcRemoteBatch *batch);
void
vmfc_remote_batch_add(VmfcRemoteBatch *batch, VmfcRemoteSeries *series, gint64 milliseconds,
		      gdouble value);
void
vmfc_remote_batch_add_stale(VmfcRemoteBatch *batch, VmfcRemoteSeries *series, gint64 milliseconds);
guint
vmfc_remote_batch_get_n_samples(const VmfcRemoteBatch *batch);
void
vmfc_remote_batch_clear(VmfcRemoteBatch *batch);
void
vmfc_remote_batch_append_message(const VmfcRemoteBatch *batch, GByteArray *message);
GBytes *
vmfc_remote_batch_build_body(const VmfcRemoteBatch *batch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcRemoteBatch, vmfc_remote_batch_free)
