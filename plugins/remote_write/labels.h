/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "remote/remote-series.h"
#include "vmfc/vmfc-plugin.h"

/* Labels of all series: which machine it is, and those of the user. */
typedef struct {
	GPtrArray *texts; /* owns what the labels point to */
	GArray *labels;	  /* of VmfcRemoteLabel */
} Labels;

gboolean
labels_init(Labels *labels, VmfcContext *context, GError **error);
gboolean
labels_add_list(Labels *labels, const gchar *list, GError **error);
void
labels_clear(Labels *labels);
gboolean
labels_is_machine_id(const gchar *text);
