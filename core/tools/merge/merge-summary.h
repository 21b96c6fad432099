/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/join.h"

void
vmfc_merge_summary_print(const VmfcJoin *join);
