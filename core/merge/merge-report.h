/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "merge/join.h"
#include "merge/lag.h"

gchar *
vmfc_merge_report_to_json(const VmfcJoin *join);
gchar *
vmfc_merge_report_to_text(const VmfcJoin *join);
