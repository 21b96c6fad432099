/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/lag-input.h"

#include <math.h>
#include <string.h>

#include "rows/table-reader.h"

/* The sample of windows and power from which the lag is found has a maximum size. */
#define MAX_WINDOWS	  4096
#define MAX_STRETCHES	  300000
#define MAX_STEPS	  240 /* of the lag, in each direction */
#define SUFFICIENT_SPREAD 3.0 /* percent, standard deviation */

/* Columns with the load of the machine, best first. */
static const gchar *const load_columns[] = {"cpu_busy", "cpu_utilization"};

/*
 * Adds a window to the previous one if that is shorter than @min_length. With windows of a
 * millisecond the sample would contain only a few seconds, too few for a lag of a minute.
 */
static void
add_load(GArray *loads, const VmfcLoad *load, gdouble min_length)
{
	VmfcLoad *last = loads->len > 0 ? &g_array_index(loads, VmfcLoad, loads->len - 1) : NULL;
	gdouble length = load->end - load->start;

	if (last == NULL || last->end - last->start >= min_length ||
	    load->start - last->end > length) {
		g_array_append_val(loads, *load);
		return;
	}
	gdouble before = last->end - last->start;
	last->load = (last->load * before + load->load * length) / (before + length);
	last->end = load->end;
}

static gboolean
collect_loads(VmfcTable *features, const VmfcRowClock *clock, guint column, gdouble min_length,
	      GArray *loads, GError **error)
{
	const VmfcTableRow *row;
	gdouble last = -INFINITY;

	if (!vmfc_table_reader_rewind(features, error))
		return FALSE;
	for (;;) {
		VmfcLoad load;
		if (!vmfc_table_reader_next(features, &row, error))
			return FALSE;
		if (row == NULL)
			break;
		gdouble length = vmfc_row_clock_read_length(clock, row);
		load.load = vmfc_cell_get_number(&row->cells[column]);
		if (!vmfc_row_clock_read(clock, row, &load.end) || load.end <= last ||
		    length <= 0 || isnan(load.load))
			continue;
		last = load.end;
		load.start = load.end - length;
		add_load(loads, &load, min_length);
		if (loads->len < MAX_WINDOWS)
			continue;
		if (vmfc_lag_get_spread(loads) >= SUFFICIENT_SPREAD)
			break;
		g_array_remove_range(loads, 0, MAX_WINDOWS / 2);
	}
	return vmfc_table_reader_rewind(features, error);
}

static gdouble
get_span(const GArray *loads)
{
	if (loads->len == 0)
		return 0;
	return g_array_index(loads, VmfcLoad, loads->len - 1).end -
	       g_array_index(loads, VmfcLoad, 0).start;
}

/*
 * Collects loads to find a lag of up to @max_lag. Reduces @max_lag if the run is too short for it,
 * because the windows that are merged for a long lag would then be too few.
 */
static gboolean
collect_loads_for(VmfcTable *features, const VmfcRowClock *clock, guint column, gdouble power_step,
		  gdouble *max_lag, GArray *loads, GError **error)
{
	for (guint i = 0; i < 2; i++) {
		gdouble min_length = MAX(power_step / 2, *max_lag / MAX_STEPS);
		g_array_set_size(loads, 0);
		if (!collect_loads(features, clock, column, min_length, loads, error))
			return FALSE;
		gdouble limit = get_span(loads) * VMFC_LAG_SHARE;
		if (*max_lag <= limit)
			break;
		*max_lag = limit;
	}
	return TRUE;
}

/* Reads the power around the loads. @as_new gets only new values, the zone's series all. */
static gboolean
collect_power(VmfcPower *power, guint zone, GArray *loads, gdouble max_lag, VmfcPowerSeries *as_new,
	      GError **error)
{
	gdouble from = g_array_index(loads, VmfcLoad, 0).start - max_lag;
	gdouble to = g_array_index(loads, VmfcLoad, loads->len - 1).end + max_lag;
	gboolean is_points = vmfc_power_is_points(power->zones[zone].source);
	VmfcPowerSeries *series = &power->zones[zone].series;
	gboolean is_whole = FALSE;

	if (!vmfc_power_rewind(power, error))
		return FALSE;
	/* if power values are rare, only one of the two series grows */
	while (series->stretches->len < MAX_STRETCHES && as_new->stretches->len < MAX_STRETCHES) {
		VmfcPowerRow row;
		if (!vmfc_power_read(power, &row, error))
			return FALSE;
		is_whole = power->is_at_end || row.time > to;
		if (is_whole)
			break;
		for (guint i = 0; i < VMFC_N_ZONES; i++)
			vmfc_power_series_drop(&power->zones[i].series,
					       i == zone ? from : row.time);
		gdouble watts = row.watts[zone];
		if (is_points && row.time >= from && !isnan(watts) && watts != as_new->last_watts)
			vmfc_power_series_add_point(as_new, row.time, watts);
	}
	/* the sample of power may end before the loads do */
	while (!is_whole && loads->len > 0 &&
	       g_array_index(loads, VmfcLoad, loads->len - 1).end > power->last_time)
		g_array_set_size(loads, loads->len - 1);
	return TRUE;
}

/* Returns: the column with the load of the machine; -1 for none */
gint
vmfc_lag_input_find_load(const VmfcTable *features)
{
	gint column = -1;

	for (guint i = 0; i < G_N_ELEMENTS(load_columns) && column < 0; i++)
		column = vmfc_table_find(features, load_columns[i]);
	return column;
}

/*
 * Estimates the lag from a part of both files, then rewinds them. If there is none, @lag has the
 * reason.
 *
 * @column: of the load; -1 for none
 *
 * Returns: %FALSE with @error set if a file is invalid
 */
gboolean
vmfc_lag_input_estimate_lag(VmfcTable *features, const VmfcRowClock *clock, gint column,
			    VmfcPower *power, guint zone, gdouble max_lag, VmfcLag *lag,
			    GError **error)
{
	g_autoptr(GArray) loads = g_array_new(FALSE, FALSE, sizeof(VmfcLoad));
	VmfcPowerSeries as_new;

	*lag = (VmfcLag){.other = NAN};
	if (column < 0) {
		lag->reason = g_strdup("the features have no column cpu_utilization or cpu_busy");
		return TRUE;
	}
	if (!collect_loads_for(features, clock, (guint)column, power->step, &max_lag, loads, error))
		return FALSE;
	if (loads->len == 0) {
		lag->reason = g_strdup("no row has CPU utilization, time and window length");
		return TRUE;
	}
	/* a value may be repeated for a long time */
	vmfc_power_series_init(&as_new, 10 * power->max_gap);
	gboolean done = collect_power(power, zone, loads, max_lag, &as_new, error);
	if (done)
		vmfc_lag_estimate(lag, loads, &power->zones[zone].series,
				  as_new.stretches->len > 0 ? &as_new : NULL, max_lag);
	vmfc_power_series_clear(&as_new);
	return done && vmfc_power_rewind(power, error);
}
