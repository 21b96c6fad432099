/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/power-label.h"

#include <math.h>

/*
 * Maximum number of buffered rows of power: 1000 per second for a minute. They are needed for one
 * window, and for a zone whose next value may be up to --max-gap away.
 */
#define MAX_BUFFERED 65536

static const VmfcPowerLabelMethod methods[VMFC_N_POWER_SOURCES] = {
	[VMFC_POWER_ENERGY] = VMFC_POWER_LABEL_ENERGY,
	[VMFC_POWER_MEAN] = VMFC_POWER_LABEL_MEAN,
	[VMFC_POWER_KEPLER] = VMFC_POWER_LABEL_POINTS,
	[VMFC_POWER_TOTAL] = VMFC_POWER_LABEL_POINTS,
};

static const gchar *const method_names[VMFC_N_POWER_LABELS] = {"none", "energy", "mean", "points",
							       "nearest"};

const gchar *
vmfc_power_label_get_method_name(VmfcPowerLabelMethod method)
{
	return method_names[method];
}

/* Whether a later row could have power for the time before @end. */
static gboolean
needs_more(const VmfcPower *power, gdouble end)
{
	if (power->is_at_end)
		return FALSE;
	if (isnan(power->last_time) || power->last_time < end)
		return TRUE;
	gboolean is_room = power->rows->len - power->first_row < MAX_BUFFERED;
	for (guint i = 0; i < VMFC_N_ZONES && is_room; i++) {
		const VmfcPowerZone *zone = &power->zones[i];
		if (zone->column >= 0 && vmfc_power_is_points(zone->source) &&
		    vmfc_power_series_get_end(&zone->series) < end &&
		    power->last_time - zone->series.last_time < power->max_gap)
			return TRUE;
	}
	return FALSE;
}

static void
drop_old(VmfcPower *power, gdouble before)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		vmfc_power_series_drop(&power->zones[i].series, before);
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
 * Limits the buffer. The rows of a very long window, for example after a suspend, do not fit. Its
 * first rows are dropped, so it cannot be integrated.
 */
static void
limit_buffer(VmfcPower *power)
{
	guint n_buffered = power->rows->len - power->first_row;

	/* more than a half, so that the rest is moved to the front at once */
	if (n_buffered > MAX_BUFFERED)
		drop_old(power, g_array_index(power->rows, VmfcPowerRow,
					      power->first_row + n_buffered / 8 * 5)
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

/* Whether the window has no new value. If it has no value at all, the values around it count. */
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
 * The power of a zone in a window.
 *
 * @nearest: (nullable): the row that is used if power does not cover the window
 * @method: (out): how it was found
 *
 * Returns: W; NaN if it is unknown
 */
static gdouble
find_watts(const VmfcPowerZone *zone, const VmfcWindow *window, const VmfcPowerRow *nearest,
	   guint index, VmfcPowerLabelMethod *method)
{
	gdouble watts;

	*method = methods[zone->source];
	if (window->start < window->end &&
	    vmfc_power_series_average(&zone->series, window->start, window->end, &watts))
		return watts;
	*method = VMFC_POWER_LABEL_NEAREST;
	return nearest != NULL ? nearest->watts[index] : NAN;
}

/*
 * Finds the power of a window of features. Calls must be in the order of time; a window may be
 * repeated.
 */
gboolean
vmfc_power_label_find(VmfcPowerLabel *label, VmfcPower *power, const VmfcWindow *window,
		      gdouble tolerance, GError **error)
{
	while (needs_more(power, window->end)) {
		VmfcPowerRow row;
		if (!vmfc_power_read(power, &row, error))
			return FALSE;
		if (!power->is_at_end)
			g_array_append_val(power->rows, row);
		drop_old(power, window->start);
		limit_buffer(power);
	}
	drop_old(power, window->start);
	const VmfcPowerRow *nearest = find_nearest(power, window->end);
	gdouble distance = nearest != NULL ? fabs(nearest->time - window->end) : NAN;
	*label = (VmfcPowerLabel){.method = VMFC_POWER_LABEL_NONE, .time_diff = distance};
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		const VmfcPowerZone *zone = &power->zones[i];
		VmfcPowerLabelMethod method;
		label->watts[i] = NAN;
		if (zone->column < 0)
			continue;
		gdouble watts = find_watts(zone, window, distance <= tolerance ? nearest : NULL, i,
					   &method);
		label->has_zero |= watts == 0;
		if (watts == 0 && window->is_busy && i != VMFC_ZONE_UNCORE) {
			label->n_still++;
			continue;
		}
		label->watts[i] = watts;
		if (isnan(watts) || label->method != VMFC_POWER_LABEL_NONE)
			continue;
		label->method = method;
		if (method == VMFC_POWER_LABEL_NEAREST && nearest != NULL)
			label->is_stale = nearest->is_repeated;
		else if (method == VMFC_POWER_LABEL_POINTS)
			label->is_stale = is_stale(power, window->start, window->end);
	}
	return TRUE;
}
