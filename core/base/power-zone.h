/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* What RAPL measures and Kepler shows, in the order of the files. */
typedef enum {
	POWER_ZONE_PACKAGE,
	POWER_ZONE_CORE,
	POWER_ZONE_DRAM,
	POWER_ZONE_UNCORE,
	POWER_ZONE_PSYS,
	N_POWER_ZONES,
} PowerZone;

/* Zones overlap; how, in the words of their columns' descriptions. */
#define POWER_ZONE_ABOUT_PACKAGE "core and uncore lie within it"
#define POWER_ZONE_ABOUT_CORE	 "lies within package, never add the two"
#define POWER_ZONE_ABOUT_DRAM	 "lies beside package"
#define POWER_ZONE_ABOUT_UNCORE	 POWER_ZONE_ABOUT_CORE
#define POWER_ZONE_ABOUT_PSYS	 "package and dram lie within it, never add them"

const gchar *
power_zone_get_name(PowerZone zone);
const gchar *
power_zone_get_outer(PowerZone zone);
