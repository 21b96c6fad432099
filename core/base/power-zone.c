/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/power-zone.h"

static const struct {
	const gchar *name;
	const gchar *outer;
} zones[VMFC_N_ZONES] = {
	[VMFC_ZONE_PACKAGE] = {VMFC_ZONE_NAME_PACKAGE, VMFC_ZONE_NAME_PSYS},
	[VMFC_ZONE_CORE] = {VMFC_ZONE_NAME_CORE, VMFC_ZONE_NAME_PACKAGE},
	[VMFC_ZONE_DRAM] = {VMFC_ZONE_NAME_DRAM, VMFC_ZONE_NAME_PSYS},
	[VMFC_ZONE_UNCORE] = {VMFC_ZONE_NAME_UNCORE, VMFC_ZONE_NAME_PACKAGE},
	[VMFC_ZONE_PSYS] = {VMFC_ZONE_NAME_PSYS, "nothing"},
};

const gchar *
vmfc_zone_get_name(VmfcZone zone)
{
	return zones[zone].name;
}

/* Returns: -1 if no zone has this name */
gint
vmfc_zone_find(const gchar *name)
{
	for (gint i = 0; i < VMFC_N_ZONES; i++) {
		if (g_str_equal(zones[i].name, name))
			return i;
	}
	return -1;
}

/* Returns: the zone that includes this one; never add the two */
const gchar *
vmfc_zone_get_outer(VmfcZone zone)
{
	return zones[zone].outer;
}
