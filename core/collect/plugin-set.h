/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/options.h"
#include "output/run-files.h"
#include "workload/workload-runner.h"

/* The plugins of a run, by kind. */
typedef struct {
	const VmfcRun *run;
	VmfcRunFiles *files;
	GPtrArray *samplers; /* of VmfcContext, as are sinks */
	GPtrArray *sinks;
	VmfcWorkloadRunner *workloads;
} VmfcPluginSet;

VmfcPluginSet *
vmfc_plugin_set_new(const VmfcRun *run, VmfcWorkloadLabels *labels, VmfcRunFiles *files,
		    const VmfcOptions *options, GError **error);
void
vmfc_plugin_set_free(VmfcPluginSet *set);
gboolean
vmfc_plugin_set_writes_files(const VmfcPluginSet *set, const VmfcOptions *options);
gboolean
vmfc_plugin_set_open(VmfcPluginSet *set, GError **error);
gboolean
vmfc_plugin_set_start_samplers(VmfcPluginSet *set, GError **error);
void
vmfc_plugin_set_warn_missing(const VmfcSchema *schema);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPluginSet, vmfc_plugin_set_free)
