/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "rows/atomic-file.h"
#include "tools/merge/join.h"

gboolean
vmfc_training_meta_write(const VmfcJoin *join, VmfcAtomicFile *draft, GError **error);
