/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rows/power-column.h"

#include <string.h>

#include "base/power-zone.h"

static const struct {
	const gchar *name;
	const gchar *form; /* of its columns */
} sources[VMFC_N_POWER_SOURCES] = {
	[VMFC_POWER_ENERGY] = {"joules", "vm_cpu_joules_%s"},
	[VMFC_POWER_MEAN] = {"watts", "vm_cpu_watts_%s"},
	[VMFC_POWER_KEPLER] = {"kepler", "kepler_vm_cpu_watts_%s"},
	[VMFC_POWER_TOTAL] = {"total", "total_cpu_watts_%s"},
};

const gchar *
vmfc_power_get_source_name(VmfcPowerSource source)
{
	return sources[source].name;
}

/* Returns: the name of the source's columns, with %s in place of the zone */
const gchar *
vmfc_power_get_source_form(VmfcPowerSource source)
{
	return sources[source].form;
}

/* Returns: (transfer full): the name of a column of power */
gchar *
vmfc_power_build_column(VmfcPowerSource source, guint zone)
{
	const gchar *form = sources[source].form;
	return g_strdup_printf("%.*s%s", (gint)strlen(form) - 2, form, vmfc_zone_get_name(zone));
}

/* Whether a column of vmfc, or of the tool before it, has watts. */
gboolean
vmfc_power_is_watts(const gchar *column)
{
	static const gchar *const forms[] = {"estimated_watts_", VMFC_POWER_LABEL_PREFIX};

	for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
		if (g_str_has_prefix(column, forms[i]))
			return TRUE;
	}
	for (guint i = VMFC_POWER_MEAN; i < VMFC_N_POWER_SOURCES; i++) {
		if (strncmp(column, sources[i].form, strlen(sources[i].form) - 2) == 0)
			return TRUE;
	}
	return g_str_has_prefix(column, "rapl_") && g_str_has_suffix(column, "_watts");
}

/* Whether the values are of instants. The others are of the window that ends with the row. */
gboolean
vmfc_power_is_points(VmfcPowerSource source)
{
	return source == VMFC_POWER_KEPLER || source == VMFC_POWER_TOTAL;
}

/*
 * Energy and means are of one plugin. Kepler measures differently: it has a zone core on AMD, which
 * that plugin leaves out. So zones of two origins must not be mixed.
 */
gboolean
vmfc_power_is_of_one_origin(VmfcPowerSource a, VmfcPowerSource b)
{
	return a == b || MAX(a, b) == VMFC_POWER_MEAN;
}
