/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/power.h"

gboolean
vmfc_power_open(VmfcPower *power, VmfcTable *table, gint only_source, gdouble max_gap,
		GError **error);
gboolean
vmfc_power_is_in(const VmfcTable *table);
