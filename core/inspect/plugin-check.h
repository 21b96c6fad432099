/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/options.h"
#include "plugin/context.h"

/* One plugin, opened to check whether it works here. */
typedef struct {
	VmfcSchema *schema; /* its columns with their states */
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
