/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Power zones of RAPL and Kepler, in the order of the columns. */
typedef enum {
	VMFC_ZONE_PACKAGE,
	VMFC_ZONE_CORE,
	VMFC_ZONE_DRAM,
	VMFC_ZONE_UNCORE,
	VMFC_ZONE_PSYS,
	VMFC_N_ZONES,
} VmfcZone;

/* The names that the kernel and Kepler use. */
#define VMFC_ZONE_NAME_PACKAGE "package"
#define VMFC_ZONE_NAME_CORE    "core"
#define VMFC_ZONE_NAME_DRAM    "dram"
#define VMFC_ZONE_NAME_UNCORE  "uncore"
#define VMFC_ZONE_NAME_PSYS    "psys"

/* How zones overlap, for the descriptions of their columns. */
#define VMFC_ZONE_ABOUT_PACKAGE "contains core and uncore"
#define VMFC_ZONE_ABOUT_CORE	"part of package, never add the two"
#define VMFC_ZONE_ABOUT_DRAM	"separate from package"
#define VMFC_ZONE_ABOUT_UNCORE	VMFC_ZONE_ABOUT_CORE
#define VMFC_ZONE_ABOUT_PSYS	"contains package and dram, never add them"

const gchar *
vmfc_zone_get_name(VmfcZone zone);
gint
vmfc_zone_find(const gchar *name);
const gchar *
vmfc_zone_get_outer(VmfcZone zone);
