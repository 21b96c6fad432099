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

/* Wants vmfc_workloads_advance() to be called soon. */
typedef void (*VmfcWakeFunc)(gpointer user_data);

/* What works while the run records: one workload after the other. */
typedef struct _VmfcWorkloads VmfcWorkloads;

VmfcWorkloads *
vmfc_workloads_new(VmfcCore *core, VmfcRegistry *registry, const VmfcOptions *options,
		   const gchar *text, GError **error);
void
vmfc_workloads_free(VmfcWorkloads *workloads);
const gchar *
vmfc_workloads_get_text(const VmfcWorkloads *workloads);
gboolean
vmfc_workloads_take_part(const VmfcWorkloads *workloads, const gchar *plugin);
gboolean
vmfc_workloads_are_there(const VmfcWorkloads *workloads);
gboolean
vmfc_workloads_open(VmfcWorkloads *workloads, GError **error);
void
vmfc_workloads_begin(VmfcWorkloads *workloads, gint64 t0, VmfcWakeFunc wake, VmfcWakeFunc over,
		     gpointer user_data);
gint64
vmfc_workloads_advance(VmfcWorkloads *workloads, gint64 now);
void
vmfc_workloads_stop(VmfcWorkloads *workloads);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcWorkloads, vmfc_workloads_free)
