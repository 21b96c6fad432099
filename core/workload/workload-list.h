/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/context.h"
#include "plugin/registry.h"

/* A workload that users can name. */
typedef struct {
	const VmfcPlugin *plugin; /* NULL: none or idle */
	gchar *name;
	gchar *summary;
} VmfcWorkloadEntry;

GPtrArray *
vmfc_workload_list_new(VmfcRegistry *registry, const VmfcRun *run, GError **error);
GPtrArray *
vmfc_workload_list_new_for_plugin(const VmfcPlugin *plugin, const VmfcRun *run, GError **error);
const VmfcWorkloadEntry *
vmfc_workload_list_find(const GPtrArray *entries, const gchar *name, GError **error);
