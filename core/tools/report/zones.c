/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/zones.h"

#include <string.h>

#define PREFIX "power_watts_"

/* Only the first ones, if there are more. */
void
vmfc_label_zones_find(VmfcLabelZones *zones, const VmfcTable *table)
{
	*zones = (VmfcLabelZones){0};
	for (guint i = 0; i < table->columns->len && zones->n < VMFC_ZONES_MAX; i++) {
		const gchar *name = vmfc_table_get_name(table, i);
		if (!g_str_has_prefix(name, PREFIX))
			continue;
		zones->columns[zones->n] = (gint)i;
		zones->names[zones->n] = name + strlen(PREFIX);
		zones->n++;
	}
}
