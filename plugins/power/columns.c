/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "power/columns.h"

static const VmfcColumn of_zone[POWER_N_OF_ZONE] = {
	[POWER_WATTS] = {"estimated_watts_%s", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE,
			 "model", "estimated, not measured: mean power of this VM in the window"},
	[POWER_LOW] = {"estimated_watts_%s_low", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE,
		       "model", "low end of the estimate's interval"},
	[POWER_HIGH] = {"estimated_watts_%s_high", "W", VMFC_KIND_GAUGE, VMFC_TYPE_FLOAT, FALSE,
			"model", "high end of the estimate's interval"},
	[POWER_JOULES] = {"estimated_joules_%s", "J", VMFC_KIND_COUNTER, VMFC_TYPE_FLOAT, FALSE,
			  "model", "estimated, not measured: watts times window, added up"},
};

static const VmfcColumn of_all[POWER_N_OF_ALL] = {
	[POWER_MISSING_SECONDS] = {"estimate_missing_seconds", "s", VMFC_KIND_COUNTER,
				   VMFC_TYPE_FLOAT, FALSE, "model",
				   "length of the windows in which a zone has no estimate"},
	[POWER_IN_RANGE] =
		{"estimate_in_range", "", VMFC_KIND_GAUGE, VMFC_TYPE_BOOL, FALSE, "model",
		 "whether machine and features lie within what the model was trained on"},
	[POWER_MODEL] = {"estimate_model", "", VMFC_KIND_LABEL, VMFC_TYPE_STRING, FALSE, "model",
			 "the first 12 digits of the SHA-256 of the model's file"},
};

/* Returns: the index of the first one */
guint
power_columns_add_zone(VmfcContext *context, const gchar *zone)
{
	guint first = G_MAXUINT;

	for (guint i = 0; i < POWER_N_OF_ZONE; i++) {
		VmfcColumn column = of_zone[i];
		g_auto(GStrv) parts = g_strsplit(column.name, "%s", 2);
		g_autofree gchar *name = g_strconcat(parts[0], zone, parts[1], NULL);
		column.name = name;
		guint index = vmfc_context_add_column(context, &column);
		first = i == 0 ? index : first;
	}
	return first;
}

/* Returns: the index of the first one */
guint
power_columns_add_all(VmfcContext *context)
{
	guint first = vmfc_context_add_column(context, &of_all[0]);

	for (guint i = 1; i < POWER_N_OF_ALL; i++)
		vmfc_context_add_column(context, &of_all[i]);
	return first;
}

/* Of the columns of a zone, of which @first is the first one. */
void
power_columns_set_state(VmfcContext *context, guint first, VmfcState state, const gchar *reason,
			const gchar *remedy)
{
	for (guint i = 0; i < POWER_N_OF_ZONE; i++)
		vmfc_context_set_state(context, first + i, state, reason, remedy);
}
