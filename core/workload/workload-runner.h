/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/context.h"
#include "plugin/registry.h"
#include "workload/sequence.h"
#include "workload/workload-labels.h"

/* How long before the first window the first workload starts, in ns, so that it runs by then. */
#define VMFC_WORKLOAD_LEAD G_GINT64_CONSTANT(500000000)

/* Tells the caller to call vmfc_workload_runner_advance(). */
typedef void (*VmfcWakeFunc)(gpointer user_data);

/* The workloads that the user requested. */
typedef struct {
	const gchar *text; /* a sequence; `none` for none */
	gint64 duration;   /* of the run, in ns; 0: until stopped */
	gboolean shuffle;
} VmfcWorkloadPlan;

/* Runs the workloads of a sequence, one after the other, while vmfc records. */
typedef struct _VmfcWorkloadRunner VmfcWorkloadRunner;

VmfcWorkloadRunner *
vmfc_workload_runner_new(const VmfcRun *run, VmfcWorkloadLabels *labels, VmfcRegistry *registry,
			 const VmfcWorkloadPlan *plan, GError **error);
void
vmfc_workload_runner_free(VmfcWorkloadRunner *runner);
const gchar *
vmfc_workload_runner_get_text(const VmfcWorkloadRunner *runner);
gboolean
vmfc_workload_runner_uses_plugin(const VmfcWorkloadRunner *runner, const gchar *plugin);
gboolean
vmfc_workload_runner_has_workloads(const VmfcWorkloadRunner *runner);
gboolean
vmfc_workload_runner_open(VmfcWorkloadRunner *runner, GError **error);
void
vmfc_workload_runner_begin(VmfcWorkloadRunner *runner, gint64 t0, VmfcWakeFunc wake,
			   VmfcWakeFunc ended, gpointer user_data);
gint64
vmfc_workload_runner_advance(VmfcWorkloadRunner *runner, gint64 now);
void
vmfc_workload_runner_stop(VmfcWorkloadRunner *runner);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcWorkloadRunner, vmfc_workload_runner_free)
