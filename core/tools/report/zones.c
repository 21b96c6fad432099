/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/zones.h"

#include <string.h>

#include "rows/power-column.h"

/* Only the first ones, if there are more. */
void
vmfc_label_zones_find(VmfcLabelZones *zones, const VmfcTable *table)
{
	*zones = (VmfcLabelZones){0};
	for (guint i = 0; i < table->columns->len; i++) {
		const gchar *name = vmfc_table_get_name(table, i);
		if (!g_str_has_prefix(name, VMFC_POWER_LABEL_PREFIX))
			continue;
		if (zones->n == VMFC_ZONES_MAX) {
			zones->n_left_out++;
			continue;
		}
		zones->columns[zones->n] = (gint)i;
		zones->names[zones->n] = name + strlen(VMFC_POWER_LABEL_PREFIX);
		zones->n++;
	}
}
