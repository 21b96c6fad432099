/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "tools/merge/lag.h"
#include "tools/merge/power.h"

gint
vmfc_sample_find_load(const VmfcTable *features);
gboolean
vmfc_sample_estimate_lag(VmfcTable *features, const VmfcRowTime *clock, gint column,
			 VmfcPower *power, guint zone, gdouble longest, VmfcLag *lag,
			 GError **error);
