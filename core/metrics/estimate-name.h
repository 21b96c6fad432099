/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/* What a column of the estimated power says. */
typedef enum {
	VMFC_ESTIMATE_WATTS,
	VMFC_ESTIMATE_LOW,
	VMFC_ESTIMATE_HIGH,
	VMFC_ESTIMATE_JOULES,
	VMFC_ESTIMATE_MISSING_SECONDS,
	VMFC_ESTIMATE_IN_RANGE,
	VMFC_ESTIMATE_MODEL,
	VMFC_N_ESTIMATES,
	VMFC_NO_ESTIMATE = VMFC_N_ESTIMATES,
} VmfcEstimate;

VmfcEstimate
vmfc_estimate_name_parse(const VmfcColumn *column, gchar **zone);
