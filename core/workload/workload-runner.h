/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/context.h"
#include "plugin/registry.h"
#include "workload/sequence.h"
#include "workload/workload-labels.h"

/* How long before the first window a workload begins, in ns, so that it is at work by then. */
#define VMFC_WORKLOAD_LEAD G_GINT64_CONSTANT(500000000)

/* Wants vmfc_workload_runner_advance() to be called soon. */
typedef void (*VmfcWakeFunc)(gpointer user_data);

/* What the user asked for. */
typedef struct {
	const gchar *text; /* a sequence; `none` for none */
	gint64 duration;   /* of the run, in ns; 0: until stopped */
	gboolean shuffle;
} VmfcWorkloadPlan;

/* Runs one workload after the other while the run records. */
typedef struct _VmfcWorkloadRunner VmfcWorkloadRunner;

VmfcWorkloadRunner *
vmfc_workload_runner_new(const VmfcRun *run, VmfcWorkloadLabels *labels, VmfcRegistry *registry,
			 const VmfcWorkloadPlan *plan, GError **error);
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
