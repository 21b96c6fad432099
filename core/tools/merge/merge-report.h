/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/join.h"

gboolean
vmfc_merge_report_write(const VmfcJoin *join, VmfcAtomicFile *draft, GError **error);
