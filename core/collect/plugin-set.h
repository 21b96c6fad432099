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
	VmfcWorkloads *workloads;
} VmfcInstances;

VmfcInstances *
vmfc_instances_new(VmfcCore *core, VmfcRegistry *registry, const VmfcOptions *options,
		   GError **error);
void
vmfc_instances_free(VmfcInstances *instances);
gboolean
vmfc_instances_open(VmfcInstances *instances, GError **error);
gboolean
vmfc_instances_start_samplers(VmfcInstances *instances, GError **error);
void
vmfc_instances_warn_of_missing(const VmfcSchema *schema);

VmfcContext *
vmfc_instance_new(VmfcCore *core, const VmfcPlugin *plugin, const VmfcOptions *options,
		  GError **error);
gboolean
vmfc_instance_open_sampler(VmfcContext *context, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcInstances, vmfc_instances_free)
