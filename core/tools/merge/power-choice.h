/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/power.h"

gboolean
vmfc_power_choose_columns(VmfcPower *power, gint only_source, GError **error);
gboolean
vmfc_power_is_in(const VmfcTable *table);
