/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/power-series.h"

#include <math.h>

#define MIN_SLACK	1e-3
#define SLACK_SHARE	0.01
#define MAX_SLACK_SHARE 0.1 /* for windows that are so short that MIN_SLACK is too much */

void
vmfc_power_series_init(VmfcPowerSeries *series, gdouble max_gap)
{
	series->stretches = g_array_new(FALSE, FALSE, sizeof(VmfcStretch));
	series->first = 0;
	series->max_gap = max_gap;
	series->last_time = NAN;
	series->last_watts = NAN;
}

void
vmfc_power_series_clear(VmfcPowerSeries *series)
{
	g_array_unref(series->stretches);
}

/*
 * Returns: by how much adjacent windows may fail to meet, in s. The scheduler decides when a
 * reading begins, and the length of a window is from a clock that is not slewed.
 */
gdouble
vmfc_power_series_get_slack(gdouble length)
{
	return MIN(MAX(MIN_SLACK, SLACK_SHARE * length), MAX_SLACK_SHARE * length);
}

static void
add(VmfcPowerSeries *series, gdouble start, gdouble end, gdouble from, gdouble to)
{
	const VmfcStretch stretch = {start, end, from, to};
	g_array_append_val(series->stretches, stretch);
}

/* Adds the power at an instant. Between two points without a gap it is interpolated linearly. */
void
vmfc_power_series_add_point(VmfcPowerSeries *series, gdouble time, gdouble watts)
{
	if (time - series->last_time <= series->max_gap)
		add(series, series->last_time, time, series->last_watts, watts);
	series->last_time = time;
	series->last_watts = watts;
}

/* Adds the average power of a window. Small gaps to the previous window are closed. */
void
vmfc_power_series_add_window(VmfcPowerSeries *series, gdouble end, gdouble length, gdouble watts)
{
	gdouble start = end - length;
	gdouble last_end = vmfc_power_series_get_end(series);

	if (start < last_end || start - last_end <= vmfc_power_series_get_slack(length))
		start = last_end;
	if (end > start)
		add(series, start, end, watts, watts);
}

/* Drops what ended before that time. */
void
vmfc_power_series_drop(VmfcPowerSeries *series, gdouble before)
{
	GArray *stretches = series->stretches;

	while (series->first < stretches->len &&
	       g_array_index(stretches, VmfcStretch, series->first).end < before)
		series->first++;
	/* moved rarely, so that it costs little */
	if (series->first > 256 && series->first > stretches->len / 2) {
		g_array_remove_range(stretches, 0, series->first);
		series->first = 0;
	}
}

/* Returns: the time up to which power is known; -infinity if it never is */
gdouble
vmfc_power_series_get_end(const VmfcPowerSeries *series)
{
	if (series->stretches->len == 0)
		return -INFINITY;
	return g_array_index(series->stretches, VmfcStretch, series->stretches->len - 1).end;
}

/* The energy of a part of a stretch, in J. */
static gdouble
integrate(const VmfcStretch *stretch, gdouble start, gdouble end)
{
	gdouble slope = (stretch->to - stretch->from) / (stretch->end - stretch->start);
	gdouble middle = (start + end) / 2 - stretch->start;
	return (end - start) * (stretch->from + slope * middle);
}

/*
 * Finds the average power of a window: its energy divided by its length.
 *
 * @at: (inout): the stretch to start from; advanced, for calls in the order of time
 *
 * Returns: whether power is known for the whole window
 */
gboolean
vmfc_power_series_average_from(const VmfcPowerSeries *series, guint *at, gdouble start, gdouble end,
			       gdouble *watts)
{
	gdouble energy = 0;
	gdouble covered = 0;

	while (*at < series->stretches->len &&
	       g_array_index(series->stretches, VmfcStretch, *at).end <= start)
		(*at)++;
	for (guint i = *at; i < series->stretches->len; i++) {
		const VmfcStretch *stretch = &g_array_index(series->stretches, VmfcStretch, i);
		gdouble from = MAX(start, stretch->start);
		gdouble to = MIN(end, stretch->end);
		if (stretch->start >= end)
			break;
		if (to <= from)
			continue;
		energy += integrate(stretch, from, to);
		covered += to - from;
	}
	if (covered <= 0 || covered < end - start - vmfc_power_series_get_slack(end - start))
		return FALSE;
	*watts = energy / covered;
	return TRUE;
}

gboolean
vmfc_power_series_average(const VmfcPowerSeries *series, gdouble start, gdouble end, gdouble *watts)
{
	guint at = series->first;
	return vmfc_power_series_average_from(series, &at, start, end, watts);
}
