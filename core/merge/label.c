/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "merge/label.h"

#include <math.h>

/*
 * Rows of power that are held at most, for one window and for a zone whose next value may be a long
 * --max-gap away: 1000 a second for a minute.
 */
#define MOST_HELD 65536

static const VmfcLabelMethod methods[VMFC_N_POWER_SOURCES] = {
	[VMFC_POWER_ENERGY] = VMFC_LABEL_ENERGY,
	[VMFC_POWER_MEAN] = VMFC_LABEL_MEAN,
	[VMFC_POWER_KEPLER] = VMFC_LABEL_POINTS,
	[VMFC_POWER_TOTAL] = VMFC_LABEL_POINTS,
};

static const gchar *const method_names[VMFC_N_LABELS] = {"none", "energy", "mean", "points",
							 "nearest"};

const gchar *
vmfc_label_get_method_name(VmfcLabelMethod method)
{
	return method_names[method];
}

/* Whether something that is still to come could tell of the time before @end. */
static gboolean
needs_more(const VmfcPower *power, gdouble end)
{
	if (power->is_at_end)
		return FALSE;
	if (isnan(power->last_time) || power->last_time < end)
		return TRUE;
	gboolean is_room = power->rows->len - power->first_row < MOST_HELD;
	for (guint i = 0; i < VMFC_N_ZONES && is_room; i++) {
		const VmfcPowerZone *zone = &power->zones[i];
		if (zone->column >= 0 && vmfc_power_is_points(zone->source) &&
		    vmfc_series_get_end(&zone->series) < end &&
		    power->last_time - zone->series.last_time < power->longest_gap)
			return TRUE;
	}
	return FALSE;
}

static void
drop_old(VmfcPower *power, gdouble before)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		vmfc_series_drop(&power->zones[i].series, before);
	/* the last row before it stays: it may be the nearest */
	while (power->first_row + 1 < power->rows->len &&
	       g_array_index(power->rows, VmfcPowerRow, power->first_row + 1).time < before)
		power->first_row++;
	if (power->first_row > 256 && power->first_row > power->rows->len / 2) {
		g_array_remove_range(power->rows, 0, power->first_row);
		power->first_row = 0;
	}
}

/*
 * A window that is far longer than others, as after a night in which the machine was suspended, is
 * not held as a whole: its beginning is forgotten, so that it cannot be integrated over.
 */
static void
bound(VmfcPower *power)
{
	guint n_held = power->rows->len - power->first_row;

	if (n_held > MOST_HELD)
		drop_old(power,
			 g_array_index(power->rows, VmfcPowerRow, power->first_row + n_held / 2)
				 .time);
}

/* Returns: (nullable): the row nearest to a time */
static const VmfcPowerRow *
find_nearest(const VmfcPower *power, gdouble time)
{
	const VmfcPowerRow *nearest = NULL;

	for (guint i = power->first_row; i < power->rows->len; i++) {
		const VmfcPowerRow *row = &g_array_index(power->rows, VmfcPowerRow, i);
		if (nearest == NULL || fabs(row->time - time) < fabs(nearest->time - time))
			nearest = row;
		if (row->time >= time)
			break;
	}
	return nearest;
}

/* Whether no new value came in the window; where no value came at all, those around it count. */
static gboolean
is_stale(const VmfcPower *power, gdouble start, gdouble end)
{
	guint n_within = 0;
	const VmfcPowerRow *before = NULL;

	for (guint i = power->first_row; i < power->rows->len; i++) {
		const VmfcPowerRow *row = &g_array_index(power->rows, VmfcPowerRow, i);
		if (row->time <= start) {
			before = row;
			continue;
		}
		if (row->time > end)
			return n_within > 0 ||
			       (before != NULL && before->is_repeated && row->is_repeated);
		if (!row->is_repeated)
			return FALSE;
		n_within++;
	}
	return n_within > 0;
}

/*
 * The power of a window of features. The windows must be asked for in the order of time.
 *
 * @start: s; as @end where the window's length is not known
 */
gboolean
vmfc_label_find(VmfcLabel *label, VmfcPower *power, gdouble start, gdouble end, gdouble tolerance,
		GError **error)
{
	while (needs_more(power, end)) {
		VmfcPowerRow row;
		if (!vmfc_power_read(power, &row, error))
			return FALSE;
		if (!power->is_at_end)
			g_array_append_val(power->rows, row);
		drop_old(power, start);
		bound(power);
	}
	drop_old(power, start);
	const VmfcPowerRow *nearest = find_nearest(power, end);
	gboolean is_near = nearest != NULL && fabs(nearest->time - end) <= tolerance;
	label->method = VMFC_LABEL_NONE;
	label->time_diff = nearest != NULL ? fabs(nearest->time - end) : NAN;
	label->is_stale = FALSE;
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		const VmfcPowerZone *zone = &power->zones[i];
		VmfcLabelMethod method = methods[zone->source];
		label->watts[i] = NAN;
		if (zone->column < 0)
			continue;
		if (start >= end ||
		    !vmfc_series_average(&zone->series, start, end, &label->watts[i])) {
			if (!is_near || isnan(nearest->watts[i]))
				continue;
			label->watts[i] = nearest->watts[i];
			method = VMFC_LABEL_NEAREST;
		}
		if (label->method != VMFC_LABEL_NONE)
			continue;
		label->method = method;
		if (method == VMFC_LABEL_NEAREST && nearest != NULL)
			label->is_stale = nearest->is_repeated;
		else if (method == VMFC_LABEL_POINTS)
			label->is_stale = is_stale(power, start, end);
	}
	return TRUE;
}
