/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/context.h"
#include "collect/options.h"
#include "plugin/registry.h"
#include "workload/workload-runner.h"

/* The plugins that take part in a run, by kind. */
typedef struct {
	GPtrArray *samplers; /* of VmfcContext, as are sinks */
	GPtrArray *sinks;
	VmfcWorkloadRunner *workloads;
} VmfcPluginSet;

VmfcPluginSet *
vmfc_plugin_set_new(VmfcCore *core, VmfcRegistry *registry, const VmfcOptions *options,
		    GError **error);
void
vmfc_plugin_set_free(VmfcPluginSet *instances);
gboolean
vmfc_plugin_set_open(VmfcPluginSet *instances, GError **error);
gboolean
vmfc_plugin_set_start_samplers(VmfcPluginSet *instances, GError **error);
void
vmfc_plugin_set_warn_of_missing(const VmfcSchema *schema);

VmfcContext *
vmfc_instance_new(VmfcCore *core, const VmfcPlugin *plugin, const VmfcOptions *options,
		  GError **error);
gboolean
vmfc_instance_open_sampler(VmfcContext *context, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPluginSet, vmfc_plugin_set_free)
