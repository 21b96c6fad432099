/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

GError *
vmfc_plugin_descriptor_check(const VmfcPlugin *plugin, const gchar *name);
