/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/options.h"
#include "plugin/context.h"

/* One plugin opened on its own, to see whether it would work here. */
typedef struct {
	VmfcSchema *schema; /* its columns and what became of them */
	VmfcSourceFiles *files;
	VmfcRun run;
	VmfcContext *context;
	GError *error;	 /* why it does not work at all */
	guint n_missing; /* of its visible columns */
} VmfcPluginCheck;

VmfcPluginCheck *
vmfc_plugin_check_new(const VmfcPlugin *plugin, const VmfcOptions *options, const gchar *workload,
		      gboolean is_check);
void
vmfc_plugin_check_free(VmfcPluginCheck *check);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPluginCheck, vmfc_plugin_check_free)
