/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "merge/lag.h"
#include "merge/power.h"

gboolean
vmfc_sample_estimate_lag(VmfcTable *features, const VmfcRowTime *clock, VmfcPower *power,
			 guint zone, gdouble longest, VmfcLag *lag, GError **error);
gdouble
vmfc_sample_read_length(const VmfcTable *features, const VmfcTableRow *row);
