/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/plugin-set.h"

/* One plugin opened on its own, to see whether it would work here. */
typedef struct {
	VmfcSchema *schema; /* its columns and what became of them */
	VmfcFiles *files;
	VmfcLabels *labels;
	VmfcCore core;
	VmfcContext *context;
	GError *error;	 /* why it does not work at all */
	guint n_missing; /* of its visible columns */
} VmfcProbe;

VmfcProbe *
vmfc_probe_new(const VmfcPlugin *plugin, const VmfcOptions *options, const gchar *workload,
	       gboolean is_check);
void
vmfc_probe_free(VmfcProbe *probe);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcProbe, vmfc_probe_free)
