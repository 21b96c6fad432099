/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Columns of a training set with the power of a zone begin with this. */
#define VMFC_POWER_LABEL_PREFIX "power_watts_"

/* Where a file's power comes from, best first. */
typedef enum {
	VMFC_POWER_ENERGY, /* joules of each window */
	VMFC_POWER_MEAN,   /* average watts of each window */
	VMFC_POWER_KEPLER, /* watts at an instant, from Kepler by vmfc */
	VMFC_POWER_TOTAL,  /* watts at an instant, from the old tool */
	VMFC_N_POWER_SOURCES,
} VmfcPowerSource;

const gchar *
vmfc_power_get_source_name(VmfcPowerSource source);
const gchar *
vmfc_power_get_source_form(VmfcPowerSource source);
gchar *
vmfc_power_build_column(VmfcPowerSource source, guint zone);
gboolean
vmfc_power_is_watts(const gchar *column);
gboolean
vmfc_power_is_points(VmfcPowerSource source);
gboolean
vmfc_power_is_of_one_origin(VmfcPowerSource a, VmfcPowerSource b);
