/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/power-zone.h"

/* Returns: as the kernel and Kepler call it */
const gchar *
power_zone_get_name(PowerZone zone)
{
	static const gchar *const names[N_POWER_ZONES] = {
		[POWER_ZONE_PACKAGE] = "package", [POWER_ZONE_CORE] = "core",
		[POWER_ZONE_DRAM] = "dram",	  [POWER_ZONE_UNCORE] = "uncore",
		[POWER_ZONE_PSYS] = "psys",
	};

	return names[zone];
}

/* Returns: what a zone is a part of, and so must not be added to */
const gchar *
power_zone_get_outer(PowerZone zone)
{
	static const gchar *const outer[N_POWER_ZONES] = {
		[POWER_ZONE_PACKAGE] = "psys", [POWER_ZONE_CORE] = "package",
		[POWER_ZONE_DRAM] = "psys",    [POWER_ZONE_UNCORE] = "package",
		[POWER_ZONE_PSYS] = "nothing",
	};

	return outer[zone];
}
