/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/options.h"
#include "plugin/registry.h"

/* The answers to --list-plugins, --list-features and --list-workloads. (transfer full) */

gchar *
vmfc_list_plugins(VmfcRegistry *registry, const VmfcOptions *options);
gchar *
vmfc_list_plugin_names(VmfcRegistry *registry);
gchar *
vmfc_list_features(VmfcRegistry *registry, const VmfcOptions *options, GError **error);
gchar *
vmfc_list_workloads(VmfcRegistry *registry, const VmfcOptions *options, GError **error);
gchar *
vmfc_list_workload_names(VmfcRegistry *registry, const VmfcOptions *options, GError **error);
gchar *
vmfc_list_align(const gchar *table);
GPtrArray *
vmfc_list_samplers(VmfcRegistry *registry);
