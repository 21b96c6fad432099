/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "collect/options.h"
#include "plugin/registry.h"

gchar *
vmfc_list_metrics(VmfcRegistry *registry, const VmfcOptions *options, GError **error);
