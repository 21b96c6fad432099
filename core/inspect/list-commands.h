/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/options.h"
#include "plugin/registry.h"

/* The answers to --list-plugins, --list-features and --list-workloads. (transfer full) */

gchar *
vmfc_report_plugins(VmfcRegistry *registry, const VmfcOptions *options);
gchar *
vmfc_report_plugin_names(VmfcRegistry *registry);
gchar *
vmfc_report_features(VmfcRegistry *registry, const VmfcOptions *options, GError **error);
gchar *
vmfc_report_workloads(VmfcRegistry *registry, const VmfcOptions *options, GError **error);
gchar *
vmfc_report_workload_names(VmfcRegistry *registry, const VmfcOptions *options, GError **error);
GPtrArray *
vmfc_report_list_samplers(VmfcRegistry *registry);
