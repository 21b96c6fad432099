/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* Of each zone, in the order of the record. */
enum {
	POWER_WATTS,
	POWER_LOW,
	POWER_HIGH,
	POWER_JOULES,
	POWER_N_OF_ZONE,
};

/* Of the estimates together, after those of the zones. */
enum {
	POWER_MISSING_SECONDS,
	POWER_IN_RANGE,
	POWER_MODEL,
	POWER_N_OF_ALL,
};

guint
power_columns_add_zone(VmfcContext *context, const gchar *zone);
guint
power_columns_add_all(VmfcContext *context);
void
power_columns_set_state(VmfcContext *context, guint first, VmfcState state, const gchar *reason,
			const gchar *remedy);
