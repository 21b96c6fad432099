/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "merge/quality.h"

#include <math.h>

static const struct {
	const gchar *name;
	const gchar *text;
} reasons[VMFC_N_UNMATCHED] = {
	[VMFC_UNMATCHED_NO_TIME] = {"no_time", "have no time that can be read"},
	[VMFC_UNMATCHED_UNORDERED] = {"out_of_order", "are earlier than the row before them"},
	[VMFC_UNMATCHED_SAME_TIME] = {"duplicate_time", "have the time of the row before them"},
	[VMFC_UNMATCHED_BEFORE] = {"before_power", "begin before the power does"},
	[VMFC_UNMATCHED_AFTER] = {"after_power", "end after the power does"},
	[VMFC_UNMATCHED_GAP] = {"no_power", "have no power for all of their window"},
	[VMFC_UNMATCHED_THRESHOLD] = {"below_threshold", "are below --min-power-threshold"},
};

/* What no machine that runs can count 0 of: 0 in every row is how old tools wrote "not counted". */
static const gchar *const counters[] = {
	"cpu_cycles",
	"instructions",
	"cache_references",
	"cache_misses",
	"branches",
	"branch_misses",
	"page_faults",
	"context_switches",
	"cache_miss_ratio",
	"branch_miss_ratio",
	"instructions_per_cycle",
};

const gchar *
vmfc_quality_get_reason(VmfcUnmatched reason)
{
	return reasons[reason].name;
}

/* Returns: what such rows do, for a sentence that begins with their number */
const gchar *
vmfc_quality_get_reason_text(VmfcUnmatched reason)
{
	return reasons[reason].text;
}

void
vmfc_quality_init(VmfcQuality *quality, const VmfcTable *features)
{
	guint n_columns = features->columns->len + VMFC_N_ZONES;

	*quality = (VmfcQuality){.features = features, .first_time = NAN, .last_time = NAN};
	quality->columns = g_new0(VmfcColumnRange, n_columns);
	for (guint i = 0; i < n_columns; i++) {
		quality->columns[i].lowest = INFINITY;
		quality->columns[i].highest = -INFINITY;
	}
}

void
vmfc_quality_clear(VmfcQuality *quality)
{
	g_free(quality->columns);
}

static inline void
add_number(VmfcColumnRange *range, gdouble value)
{
	range->n_numbers++;
	range->n_not_zero += value != 0;
	range->lowest = MIN(range->lowest, value);
	range->highest = MAX(range->highest, value);
}

/* An ulp or two more than scan_number() may be off by. */
static inline gboolean
may_be_extreme(const VmfcColumnRange *range, gdouble value)
{
	gdouble slack = fabs(value) * 1e-15;
	return value - slack <= range->lowest || value + slack >= range->highest;
}

/* A row that has come into the training set. Looks at all its cells. */
void
vmfc_quality_add(VmfcQuality *quality, const VmfcTableRow *row, const VmfcLabel *label)
{
	guint n_columns = quality->features->columns->len;

	for (guint i = 0; i < n_columns; i++) {
		VmfcTableCell *cell = &row->cells[i];
		VmfcColumnRange *range = &quality->columns[i];
		gdouble value;
		gboolean is_exact;
		if (cell->kind == VMFC_CELL_MISSING)
			continue;
		if (vmfc_cell_look(cell, &value, &is_exact)) {
			if (!is_exact && may_be_extreme(range, value))
				value = vmfc_cell_get_number(cell);
			add_number(range, value);
		}
		range->n_present += cell->kind != VMFC_CELL_MISSING;
	}
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (isnan(label->watts[i]))
			continue;
		quality->columns[n_columns + i].n_present++;
		add_number(&quality->columns[n_columns + i], label->watts[i]);
	}
	quality->n_matched++;
	quality->n_methods[label->method]++;
	quality->n_stale += label->is_stale;
	quality->time_diff_sum += label->time_diff;
	quality->time_diff_max = MAX(quality->time_diff_max, label->time_diff);
}

/* 0 in every row. */
gboolean
vmfc_quality_is_always_zero(const VmfcQuality *quality, guint column)
{
	const VmfcColumnRange *range = &quality->columns[column];
	return range->n_numbers > 0 && range->n_numbers == range->n_present &&
	       range->n_not_zero == 0;
}

/* Missing in every row, or a counter that is 0 in every row. */
gboolean
vmfc_quality_is_never_present(const VmfcQuality *quality, guint column)
{
	const gchar *name = vmfc_table_get_name(quality->features, column);

	if (quality->columns[column].n_present == 0)
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(counters); i++) {
		if (g_str_equal(name, counters[i]))
			return vmfc_quality_is_always_zero(quality, column);
	}
	return FALSE;
}
