/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/merge-summary.h"

#include <math.h>
#include <stdio.h>

/* Maximum number of names in a line. */
#define MAX_NAMES 12

typedef gboolean (*ColumnTest)(const VmfcColumns *columns, guint column);

static void
append_names(GString *text, const gchar *what, const VmfcColumns *columns, ColumnTest test,
	     ColumnTest but_not)
{
	guint n = 0;

	for (guint i = 0; i < columns->names->len; i++) {
		if (!test(columns, i) || (but_not != NULL && but_not(columns, i)))
			continue;
		g_autofree gchar *name = vmfc_table_show_name(vmfc_columns_get_name(columns, i));
		if (n < MAX_NAMES)
			g_string_append_printf(text, "%s%s", n == 0 ? what : ", ", name);
		n++;
	}
	if (n > MAX_NAMES)
		g_string_append_printf(text, " and %u more", n - MAX_NAMES);
	if (n > 0)
		g_string_append_c(text, '\n');
}

static void
append_unmatched(GString *text, const VmfcMergeStats *quality)
{
	for (guint i = 0; i < VMFC_N_UNMATCHED; i++) {
		if (quality->n_unmatched[i] > 0)
			g_string_append_printf(text, "  left out: %" G_GUINT64_FORMAT " %s\n",
					       quality->n_unmatched[i],
					       vmfc_merge_stats_get_reason_text(i));
	}
}

static void
append_power(GString *text, const VmfcPair *pair)
{
	const VmfcPower *power = &pair->power;
	const VmfcMergeStats *quality = &pair->quality;

	g_string_append(text, "labels:");
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		const VmfcPowerZone *zone = &power->zones[i];
		if (zone->is_empty)
			g_string_append_printf(text, " none of %s, which has no value;",
					       vmfc_zone_get_name(i));
		if (zone->is_still)
			g_string_append_printf(text,
					       " none of %s, which is 0 in every row, so the "
					       "meter seems to be stuck;",
					       vmfc_zone_get_name(i));
		if (zone->column < 0)
			continue;
		const VmfcColumnRange *range = &quality->labels[i];
		g_autofree gchar *column = vmfc_power_build_column(zone->source, i);
		g_string_append_printf(text, " power_watts_%s from %s", vmfc_zone_get_name(i),
				       column);
		if (range->n_present > 0)
			g_string_append_printf(text, " (%.4g to %.4g W);", range->lowest,
					       range->highest);
		else
			g_string_append(text, " (no value);");
	}
	g_string_append(text, " zones overlap, never add them up\n");
	for (guint i = VMFC_POWER_LABEL_NONE + 1; i < VMFC_N_POWER_LABELS; i++) {
		static const gchar *const ways[VMFC_N_POWER_LABELS] = {
			[VMFC_POWER_LABEL_ENERGY] = "from the energy of their window",
			[VMFC_POWER_LABEL_MEAN] = "from averages over their window",
			[VMFC_POWER_LABEL_POINTS] = "integrated between points over their window",
			[VMFC_POWER_LABEL_NEAREST] = "from the nearest value"};
		if (quality->n_methods[i] > 0)
			g_string_append_printf(text, "  %" G_GUINT64_FORMAT " %s\n",
					       quality->n_methods[i], ways[i]);
	}
	if (power->n_repeated > 0)
		g_string_append_printf(text,
				       "stale: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
				       " power values repeat the previous one; %" G_GUINT64_FORMAT
				       " windows have no new value (power_stale)\n",
				       power->n_repeated, power->n_rows, quality->n_stale);
	if (power->n_gaps > 0 || quality->n_gaps > 0)
		g_string_append_printf(text,
				       "gaps: %" G_GUINT64_FORMAT
				       " between windows (up to %.3g s), %" G_GUINT64_FORMAT
				       " in the power (up to %.3g s)\n",
				       quality->n_gaps, quality->widest_gap, power->n_gaps,
				       power->widest_gap);
}

static void
append_offset(GString *text, const VmfcPair *pair)
{
	const VmfcLag *lag = &pair->lag;

	if (lag->is_found)
		g_string_append_printf(text,
				       "offset: %.2f s applied; power %s the features by %.2f s "
				       "(correlation %.2f)\n",
				       pair->power.shift, lag->seconds < 0 ? "leads" : "lags",
				       fabs(lag->seconds), lag->correlation);
	else
		g_string_append_printf(text, "offset: %.2f s applied; lag not found: %s\n",
				       pair->power.shift, lag->reason);
}

static void
append_rows(GString *text, const VmfcMergeStats *quality)
{
	g_string_append_printf(text,
			       "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " rows matched\n",
			       quality->n_matched, quality->n_rows);
}

static void
append_run(GString *text, const VmfcJoin *join, const VmfcPair *pair)
{
	g_autofree gchar *run = vmfc_table_show_name(pair->run);

	if (join->pairs->len > 1)
		g_string_append_printf(text, "run %s: ", run);
	append_rows(text, &pair->quality);
	append_unmatched(text, &pair->quality);
	append_power(text, pair);
	append_offset(text, pair);
}

/* Prints the summary for the user. */
void
vmfc_merge_summary_print(const VmfcJoin *join)
{
	g_autoptr(GString) text = g_string_new(NULL);
	VmfcMergeStats sum;

	for (guint i = 0; i < join->pairs->len; i++) {
		append_run(text, join, join->pairs->pdata[i]);
		fputs(text->str, stdout);
		g_string_truncate(text, 0);
	}
	vmfc_join_add_up(join, &sum);
	if (join->pairs->len > 1) {
		g_string_append_printf(text, "all %u runs: ", join->pairs->len);
		append_rows(text, &sum);
	}
	append_names(text, "never present: ", &join->columns, vmfc_columns_is_never_present, NULL);
	append_names(text, "always 0: ", &join->columns, vmfc_columns_is_always_zero,
		     vmfc_columns_is_never_present);
	if (join->options->test_share > 0)
		g_string_append_printf(
			text,
			"split: %" G_GUINT64_FORMAT " rows for training, %" G_GUINT64_FORMAT
			" for testing, %" G_GUINT64_FORMAT " transitions in neither; by %s\n",
			join->split.n_rows[VMFC_PART_TRAIN], join->split.n_rows[VMFC_PART_TEST],
			join->split.n_rows[VMFC_PART_NONE], vmfc_join_describe_split(join));
	fputs(text->str, stdout);
}
