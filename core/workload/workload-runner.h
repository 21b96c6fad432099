/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/context.h"
#include "collect/options.h"
#include "plugin/registry.h"
#include "workload/sequence.h"

/* How long before the first window a workload begins, in ns, so that it is at work by then. */
#define VMFC_WORKLOAD_LEAD G_GINT64_CONSTANT(500000000)

/* Wants vmfc_workload_runner_advance() to be called soon. */
typedef void (*VmfcWakeFunc)(gpointer user_data);

/* What works while the run records: one workload after the other. */
typedef struct _VmfcWorkloads VmfcWorkloadRunner;

VmfcWorkloadRunner *
vmfc_workload_runner_new(VmfcCore *core, VmfcRegistry *registry, const VmfcOptions *options,
			 const gchar *text, GError **error);
void
vmfc_workload_runner_free(VmfcWorkloadRunner *workloads);
const gchar *
vmfc_workload_runner_get_text(const VmfcWorkloadRunner *workloads);
gboolean
vmfc_workload_runner_take_part(const VmfcWorkloadRunner *workloads, const gchar *plugin);
gboolean
vmfc_workload_runner_are_there(const VmfcWorkloadRunner *workloads);
gboolean
vmfc_workload_runner_open(VmfcWorkloadRunner *workloads, GError **error);
void
vmfc_workload_runner_begin(VmfcWorkloadRunner *workloads, gint64 t0, VmfcWakeFunc wake,
			   VmfcWakeFunc over, gpointer user_data);
gint64
vmfc_workload_runner_advance(VmfcWorkloadRunner *workloads, gint64 now);
void
vmfc_workload_runner_stop(VmfcWorkloadRunner *workloads);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcWorkloadRunner, vmfc_workload_runner_free)
