/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "base/host-info.h"
#include "model/model.h"

gboolean
power_machine_is_known(const VmfcModel *model);
gchar *
power_machine_compare(const VmfcModel *model, const VmfcHostInfo *machine);
