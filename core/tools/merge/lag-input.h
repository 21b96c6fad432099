/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/lag.h"
#include "tools/merge/power.h"

gint
vmfc_lag_input_find_load(const VmfcTable *features);
gboolean
vmfc_lag_input_estimate_lag(VmfcTable *features, const VmfcRowClock *clock, gint column,
			    VmfcPower *power, guint zone, gdouble max_lag, VmfcLag *lag,
			    GError **error);
