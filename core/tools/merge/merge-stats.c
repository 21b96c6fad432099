/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/merge-stats.h"

#include <math.h>

static const struct {
	const gchar *name;
	const gchar *text;
} reasons[VMFC_N_UNMATCHED] = {
	[VMFC_UNMATCHED_NO_TIME] = {"no_time", "have no valid time"},
	[VMFC_UNMATCHED_UNORDERED] = {"out_of_order", "are earlier than the previous row"},
	[VMFC_UNMATCHED_SAME_TIME] = {"duplicate_time", "have the time of the previous row"},
	[VMFC_UNMATCHED_BEFORE] = {"before_power", "begin before the power does"},
	[VMFC_UNMATCHED_AFTER] = {"after_power", "end after the power does"},
	[VMFC_UNMATCHED_GAP] = {"no_power", "have no power for a part of their window"},
	[VMFC_UNMATCHED_STILL] = {"power_stood_still",
				  "have a power of 0 although their CPUs were busy"},
	[VMFC_UNMATCHED_THRESHOLD] = {"below_threshold", "are below --min-power-threshold"},
};

const gchar *
vmfc_merge_stats_get_reason(VmfcUnmatched reason)
{
	return reasons[reason].name;
}

/* Returns: the predicate of a sentence that begins with the number of such rows */
const gchar *
vmfc_merge_stats_get_reason_text(VmfcUnmatched reason)
{
	return reasons[reason].text;
}

void
vmfc_merge_stats_init(VmfcMergeStats *quality)
{
	static const VmfcColumnRange empty = VMFC_COLUMN_RANGE_EMPTY;

	*quality = (VmfcMergeStats){.first_time = NAN, .last_time = NAN};
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		quality->labels[i] = empty;
}

/* Adds a row of the training set. */
void
vmfc_merge_stats_add(VmfcMergeStats *quality, const VmfcPowerLabel *label)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (isnan(label->watts[i]))
			continue;
		quality->labels[i].n_present++;
		vmfc_column_range_add(&quality->labels[i], label->watts[i]);
	}
	quality->n_matched++;
	quality->n_methods[label->method]++;
	quality->n_stale += label->is_stale;
	quality->time_diff_sum += label->time_diff;
	quality->time_diff_max = MAX(quality->time_diff_max, label->time_diff);
}

static void
add_range(VmfcColumnRange *sum, const VmfcColumnRange *range)
{
	sum->n_present += range->n_present;
	sum->n_numbers += range->n_numbers;
	sum->n_not_zero += range->n_not_zero;
	sum->lowest = MIN(sum->lowest, range->lowest);
	sum->highest = MAX(sum->highest, range->highest);
}

/* Adds the counts of a run. Does not add times and gaps, which belong to one run. */
void
vmfc_merge_stats_add_run(VmfcMergeStats *sum, const VmfcMergeStats *run)
{
	sum->n_rows += run->n_rows;
	sum->n_matched += run->n_matched;
	for (guint i = 0; i < VMFC_N_UNMATCHED; i++)
		sum->n_unmatched[i] += run->n_unmatched[i];
	sum->n_inside += run->n_inside;
	sum->n_inside_matched += run->n_inside_matched;
	for (guint i = 0; i < VMFC_N_POWER_LABELS; i++)
		sum->n_methods[i] += run->n_methods[i];
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		add_range(&sum->labels[i], &run->labels[i]);
	sum->n_still += run->n_still;
	sum->n_stale += run->n_stale;
	sum->time_diff_sum += run->time_diff_sum;
	sum->time_diff_max = MAX(sum->time_diff_max, run->time_diff_max);
}
