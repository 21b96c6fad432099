/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "metrics/estimate-name.h"

#include <string.h>

/* Columns of the sampler power: those with a zone have it between start and end. */
static const struct {
	const gchar *start;
	const gchar *end;
	const gchar *unit;
	gboolean has_zone;
} names[VMFC_N_ESTIMATES] = {
	[VMFC_ESTIMATE_WATTS] = {"estimated_watts_", "", "W", TRUE},
	[VMFC_ESTIMATE_LOW] = {"estimated_watts_", "_low", "W", TRUE},
	[VMFC_ESTIMATE_HIGH] = {"estimated_watts_", "_high", "W", TRUE},
	[VMFC_ESTIMATE_JOULES] = {"estimated_joules_", "", "J", TRUE},
	[VMFC_ESTIMATE_MISSING_SECONDS] = {"estimate_missing_seconds", "", "s", FALSE},
	[VMFC_ESTIMATE_IN_RANGE] = {"estimate_in_range", "", "", FALSE},
	[VMFC_ESTIMATE_MODEL] = {"estimate_model", "", "", FALSE},
};

static gboolean
has_form(const VmfcColumn *column, VmfcEstimate estimate)
{
	gsize length = strlen(names[estimate].start) + strlen(names[estimate].end);
	gsize given = strlen(column->name);

	return (names[estimate].has_zone ? given > length : given == length) &&
	       g_str_has_prefix(column->name, names[estimate].start) &&
	       g_str_has_suffix(column->name, names[estimate].end) &&
	       g_str_equal(column->unit, names[estimate].unit);
}

/* @zone: (out) (transfer full) (nullable): %NULL: the column belongs to all zones */
VmfcEstimate
vmfc_estimate_name_parse(const VmfcColumn *column, gchar **zone)
{
	VmfcEstimate found = VMFC_NO_ESTIMATE;

	*zone = NULL;
	/* a name with an end fits one without as well, and comes later */
	for (guint i = 0; i < VMFC_N_ESTIMATES; i++) {
		if (has_form(column, i))
			found = i;
	}
	if (found == VMFC_NO_ESTIMATE || !names[found].has_zone)
		return found;
	gsize start = strlen(names[found].start);
	*zone = g_strndup(column->name + start,
			  strlen(column->name) - start - strlen(names[found].end));
	return found;
}
