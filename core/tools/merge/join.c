/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/join.h"

#include <math.h>

#include "rows/table-reader.h"

/* The old tool leaves a few ms between windows. More than half a window is a gap. */
#define GAP_SHARE 0.5
/*
 * A machine this busy must use power. It is 100 ms of CPU time per second: ten ticks of the clock
 * with which Kepler and guests without vmfc count. An idle machine has two or three ticks.
 */
#define BUSY_PERCENT 10.0

static gboolean
add_to_files(GPtrArray *files, const VmfcTableRow *row, const VmfcPowerLabel *label, GError **error)
{
	for (guint i = 0; files != NULL && i < files->len; i++) {
		if (!vmfc_training_file_add(files->pdata[i], row, label, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
add_row(VmfcJoin *join, VmfcPair *pair, const VmfcTableRow *row, gdouble time,
	const VmfcPowerLabel *label, GError **error)
{
	vmfc_merge_stats_add(&pair->quality, label);
	vmfc_columns_add_row(&join->columns, &pair->origin, row);
	if (pair->quality.n_matched == 1)
		vmfc_pair_warn_texts(pair, row);
	if (!add_to_files(join->files, row, label, error))
		return FALSE;
	if (join->options->test_share == 0)
		return TRUE;
	switch (vmfc_split_choose(&join->split, pair->index, row, time)) {
	case VMFC_PART_TRAIN:
		return add_to_files(join->train, row, label, error);
	case VMFC_PART_TEST:
		return add_to_files(join->test, row, label, error);
	case VMFC_PART_NONE:
		break;
	}
	return TRUE;
}

/* Whether a row's time is later than that of the previous row. Counts the row if not. */
static gboolean
is_in_order(VmfcMergeStats *quality, gdouble time)
{
	if (isnan(quality->last_time) || time > quality->last_time)
		return TRUE;
	if (time == quality->last_time) {
		quality->n_unmatched[VMFC_UNMATCHED_SAME_TIME]++;
		return FALSE;
	}
	if (quality->n_unmatched[VMFC_UNMATCHED_UNORDERED]++ == 0)
		quality->unordered_at = quality->n_rows;
	return FALSE;
}

static void
note_time(VmfcMergeStats *quality, gdouble start, gdouble end)
{
	gdouble gap = start - quality->last_time;

	if (isnan(quality->first_time))
		quality->first_time = start;
	else if (gap > GAP_SHARE * (end - start) && end > start) {
		quality->n_gaps++;
		quality->widest_gap = MAX(quality->widest_gap, gap);
	}
	quality->max_window = MAX(quality->max_window, end - start);
	quality->last_time = end;
}

/* Returns: why a window has no label */
static VmfcUnmatched
explain(const VmfcPower *power, const VmfcWindow *window, const VmfcPowerLabel *label)
{
	if (label->n_still > 0)
		return VMFC_UNMATCHED_STILL;
	if (isnan(power->first_time) || window->start < power->first_time)
		return VMFC_UNMATCHED_BEFORE;
	return window->end > power->last_time ? VMFC_UNMATCHED_AFTER : VMFC_UNMATCHED_GAP;
}

static gboolean
is_busy(const VmfcPair *pair, const VmfcTableRow *row)
{
	return pair->load_column >= 0 &&
	       vmfc_cell_get_number(&row->cells[pair->load_column]) >= BUSY_PERCENT;
}

static gboolean
join_row(VmfcJoin *join, VmfcPair *pair, const VmfcTableRow *row, GError **error)
{
	VmfcMergeStats *quality = &pair->quality;
	VmfcPower *power = &pair->power;
	VmfcPowerLabel label;
	gdouble end;

	quality->n_rows++;
	if (!vmfc_row_clock_read(&pair->clock, row, &end)) {
		quality->n_unmatched[VMFC_UNMATCHED_NO_TIME]++;
		return TRUE;
	}
	if (!is_in_order(quality, end))
		return TRUE;
	gdouble start = end - vmfc_row_clock_read_length(&pair->clock, row);
	note_time(quality, start, end);
	VmfcWindow window = {start, end, FALSE};
	if (!vmfc_power_label_find(&label, power, &window, join->options->tolerance, error))
		return FALSE;
	window.is_busy = label.has_zero && is_busy(pair, row);
	if (window.is_busy && /* checked only for 0 W, because it costs time */
	    !vmfc_power_label_find(&label, power, &window, join->options->tolerance, error))
		return FALSE;
	gboolean is_inside = start >= power->first_time && end <= power->last_time;
	quality->n_still += label.n_still;
	quality->n_inside += is_inside;
	if (label.method == VMFC_POWER_LABEL_NONE) {
		quality->n_unmatched[explain(power, &window, &label)]++;
		return TRUE;
	}
	quality->n_inside_matched += is_inside;
	gdouble watts = label.watts[pair->zone];
	if (join->options->min_power > 0 && !(watts >= join->options->min_power)) {
		quality->n_unmatched[isnan(watts) ? explain(power, &window, &label)
						  : VMFC_UNMATCHED_THRESHOLD]++;
		return TRUE;
	}
	return add_row(join, pair, row, end, &label, error);
}

static void
begin_run(GPtrArray *files, const VmfcPair *pair)
{
	for (guint i = 0; files != NULL && i < files->len; i++)
		vmfc_training_file_begin_run(files->pdata[i], pair->run, &pair->origin);
}

/* Reads both files of a run once and adds the matched rows to the training set. */
gboolean
vmfc_join_run(VmfcJoin *join, VmfcPair *pair, GError **error)
{
	const VmfcTableRow *row;
	VmfcPowerRow rest;

	begin_run(join->files, pair);
	begin_run(join->train, pair);
	begin_run(join->test, pair);
	if (!vmfc_table_reader_rewind(pair->features, error) ||
	    !vmfc_power_rewind(&pair->power, error))
		return FALSE;
	for (;;) {
		if (!vmfc_table_reader_next(pair->features, &row, error))
			return FALSE;
		if (row == NULL)
			break;
		if (!join_row(join, pair, row, error))
			return FALSE;
	}
	/* reads the rest of the power too, to count its rows and to find errors */
	while (!pair->power.is_at_end) {
		if (!vmfc_power_read(&pair->power, &rest, error))
			return FALSE;
		for (guint i = 0; i < VMFC_N_ZONES; i++)
			vmfc_power_series_drop(&pair->power.zones[i].series, pair->power.last_time);
	}
	return TRUE;
}

/* @sum: (out): of all runs */
void
vmfc_join_add_up(const VmfcJoin *join, VmfcMergeStats *sum)
{
	vmfc_merge_stats_init(sum);
	for (guint i = 0; i < join->pairs->len; i++) {
		const VmfcPair *pair = join->pairs->pdata[i];
		vmfc_merge_stats_add_run(sum, &pair->quality);
	}
}

/* Returns: how the split was made */
const gchar *
vmfc_join_describe_split(const VmfcJoin *join)
{
	return join->split.is_by_time
		       ? "stretches of time, because the rows do not have two phases of a workload"
		       : "stress_workload and stress_phase, all iterations together";
}
