/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

GHashTable *
vmfc_option_values_new(const VmfcPlugin *plugin, const GPtrArray *settings, GError **error);
gboolean
vmfc_option_values_parse_bool(const gchar *text, gboolean *value);
