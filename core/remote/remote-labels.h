/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "remote/remote-series.h"

/* A list of labels is a GArray of VmfcRemoteLabel that owns its texts. */
GArray *
vmfc_remote_labels_new(void);
void
vmfc_remote_labels_add(GArray *labels, const gchar *name, const gchar *value);
gboolean
vmfc_remote_labels_parse(GArray *labels, const gchar *text, const gchar *option, GError **error);
gboolean
vmfc_remote_labels_have(const GArray *labels, const gchar *name);
const VmfcRemoteLabel *
vmfc_remote_labels_get(const GArray *labels);
