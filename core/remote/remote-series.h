/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* The label that is the name of a series. */
#define VMFC_REMOTE_NAME "__name__"

typedef struct {
	const gchar *name;
	const gchar *value;
} VmfcRemoteLabel;

/* One time series: its labels, which are constant, sorted by name and without empty ones. */
typedef struct _VmfcRemoteSeries VmfcRemoteSeries;

VmfcRemoteSeries *
vmfc_remote_series_new(const VmfcRemoteLabel *labels, guint n_labels);
VmfcRemoteSeries *
vmfc_remote_series_ref(VmfcRemoteSeries *series);
void
vmfc_remote_series_unref(VmfcRemoteSeries *series);
gboolean
vmfc_remote_label_is_valid(const gchar *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcRemoteSeries, vmfc_remote_series_unref)
