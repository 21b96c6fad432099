/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* What files and lists call the kinds and types of columns. */
const gchar *
vmfc_kind_to_string(VmfcKind kind);
VmfcKind
vmfc_kind_from_string(const gchar *text);
const gchar *
vmfc_type_to_string(VmfcType type);
