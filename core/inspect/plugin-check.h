/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/options.h"
#include "plugin/context.h"

/* One plugin, opened to check whether it works here. */
typedef struct {
	VmfcSchema *schema; /* its columns with their states, and those that it derives from */
	VmfcSourceFiles *files;
	VmfcRun run;
	VmfcContext *context;
	GPtrArray *others; /* of VmfcContext: the samplers that it derives from */
	GError *error;	   /* why it does not work at all */
	guint n_columns;   /* its own visible ones */
	guint n_missing;   /* of them */
} VmfcPluginCheck;

VmfcPluginCheck *
vmfc_plugin_check_new(const VmfcPlugin *plugin, const VmfcOptions *options, const gchar *workload,
		      gboolean is_check);
const VmfcDeclaration *
vmfc_plugin_check_get_column(const VmfcPluginCheck *check, guint i);
void
vmfc_plugin_check_free(VmfcPluginCheck *check);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPluginCheck, vmfc_plugin_check_free)
