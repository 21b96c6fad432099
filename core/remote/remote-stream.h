/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "metrics/metrics.h"
#include "remote/remote-batch.h"

/*
 * The metrics of one run as time series. A series that has a value in one record and none in the
 * next gets a stale marker, as one that vanishes from a page gets one from Prometheus: otherwise
 * receivers show its last value for minutes.
 */
typedef struct _VmfcRemoteStream VmfcRemoteStream;

VmfcRemoteStream *
vmfc_remote_stream_new(const VmfcMetrics *metrics, const VmfcRemoteLabel *external,
		       guint n_external);
void
vmfc_remote_stream_free(VmfcRemoteStream *stream);
void
vmfc_remote_stream_add(VmfcRemoteStream *stream, const VmfcMetricValues *values,
		       gint64 milliseconds, VmfcRemoteBatch *batch);
void
vmfc_remote_stream_end(VmfcRemoteStream *stream, gint64 milliseconds, VmfcRemoteBatch *batch);
gint64
vmfc_remote_milliseconds(gdouble seconds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcRemoteStream, vmfc_remote_stream_free)
