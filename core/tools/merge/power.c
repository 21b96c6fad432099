/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/power.h"

#include <math.h>
#include <string.h>

#include "rows/diagnosis.h"
#include "rows/table-reader.h"

/*
 * More than any machine uses, in W: the largest machines with shared memory have 32 sockets of
 * 250 W. An undetected wrap of a counter gives a far higher value in a window of a few seconds,
 * because the counters of sockets wrap at 65 or 262 kJ.
 */
#define MAX_WATTS 20000.0
/*
 * A meter that shows 0 for longer, in s, is stuck. Kepler counts the CPU time of a machine in ticks
 * of 10 ms, so an idle machine may have 0 in some readings. But in this time vmfc alone uses two
 * ticks, with 0.35 ms per record and a record per second.
 */
#define MAX_ZERO 60.0
/*
 * The same if the machine used CPU time. RAPL's counters are updated about every millisecond (Intel
 * SDM, volume 3B, 15.10). In this time they grow by a thousand steps even if a socket is idle.
 */
#define MAX_ZERO_AT_WORK 0.5

/* --------------------------------------------------------------- cells */

gdouble
vmfc_power_read_number(const VmfcTableRow *row, gint column)
{
	return column >= 0 ? vmfc_cell_get_number(&row->cells[column]) : NAN;
}

/* Returns: the length of a row's window; NaN if it is unknown */
gdouble
vmfc_power_read_length(const VmfcPower *power, const VmfcTableRow *row)
{
	gdouble length = vmfc_power_read_number(
		row, power->clock.length_columns[VMFC_ROW_LENGTH_MEASURED]);
	if (isnan(length))
		length = vmfc_power_read_number(
			row, power->clock.length_columns[VMFC_ROW_LENGTH_ASKED_FOR]);
	return length > 0 ? length : NAN;
}

/* Returns: the power in a cell, in W; NaN for none */
gdouble
vmfc_power_read_watts(const VmfcTableRow *row, gint column, VmfcPowerSource source, gdouble length)
{
	gdouble value = vmfc_power_read_number(row, column);
	return source == VMFC_POWER_ENERGY ? value / length : value;
}

gboolean
vmfc_power_is_possible(gdouble watts)
{
	return watts >= 0 && watts <= MAX_WATTS;
}

/* Whether two files have power of one origin. Within a file it always has one origin. */
gboolean
vmfc_power_is_alike(const VmfcPower *a, const VmfcPower *b)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		for (guint j = 0; j < VMFC_N_ZONES; j++) {
			if (a->zones[i].column >= 0 && b->zones[j].column >= 0 &&
			    !vmfc_power_is_of_one_origin(a->zones[i].source, b->zones[j].source))
				return FALSE;
		}
	}
	return TRUE;
}

/* Frees rows and series. Keeps the counts. */
void
vmfc_power_clear(VmfcPower *power)
{
	if (power->rows == NULL)
		return;
	g_clear_pointer(&power->rows, g_array_unref);
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		vmfc_power_series_clear(&power->zones[i].series);
}

gboolean
vmfc_power_rewind(VmfcPower *power, GError **error)
{
	vmfc_power_clear(power);
	power->rows = g_array_new(FALSE, FALSE, sizeof(VmfcPowerRow));
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		vmfc_power_series_init(&power->zones[i].series, power->max_gap);
		power->zones[i].last = NAN;
		power->zones[i].zero_time = power->zones[i].zero_time_at_work = 0;
	}
	power->first_row = 0;
	power->is_at_end = FALSE;
	power->first_time = power->last_time = power->last_age = NAN;
	power->n_rows = power->n_no_time = power->n_unordered = power->n_same_time = 0;
	power->n_no_value = power->n_no_vm = power->n_impossible = power->n_still = power->n_texts =
		0;
	power->n_repeated = power->n_gaps = 0;
	power->widest_gap = 0;
	return vmfc_table_reader_rewind(power->table, error);
}

/* ------------------------------------------------------------- reading */

/*
 * Whether Kepler has a new measurement since the previous row, perhaps of the same value. Without
 * one, the age of the values grows by the step.
 */
static gboolean
is_new_measurement(VmfcPower *power, const VmfcTableRow *cells, gdouble step)
{
	gdouble age = vmfc_power_read_number(cells, power->age_column);
	gboolean is_new = age - power->last_age < step / 2;

	power->last_age = age;
	return is_new;
}

/*
 * Whether a zone has been 0 for longer than a working meter can show. Not for uncore, because the
 * graphics unit may be off for hours.
 *
 * @time: s, that the value of 0 covers
 */
static gboolean
is_stuck(const VmfcPower *power, VmfcPowerZone *zone, const VmfcTableRow *cells, gdouble time)
{
	if (zone == &power->zones[VMFC_ZONE_UNCORE])
		return FALSE;
	zone->zero_time += time;
	/* Kepler counts CPU time in coarser steps */
	if (!vmfc_power_is_points(zone->source) &&
	    vmfc_power_read_number(cells, power->work_column) > 0)
		zone->zero_time_at_work += time;
	return zone->zero_time > MAX_ZERO || zone->zero_time_at_work > MAX_ZERO_AT_WORK;
}

/* Counts a value that is not a number, and notes what is wrong with the first one. */
void
vmfc_power_note_text(VmfcPower *power, const VmfcTableRow *row, gint column)
{
	gdouble value;
	gboolean is_exact;

	if (row->cells[column].kind == VMFC_CELL_MISSING)
		return;
	VmfcTableCell cell = row->cells[column];
	if (vmfc_cell_look(&cell, &value, &is_exact) || cell.kind == VMFC_CELL_MISSING)
		return;
	power->n_texts++;
	if (power->text == NULL)
		power->text = vmfc_diagnosis_explain_number(power->table, (guint)column, &cell);
}

/* Reads the power of each zone from a row. Returns: whether it has any */
static gboolean
read_values(VmfcPower *power, const VmfcTableRow *cells, gdouble length, gdouble step,
	    VmfcPowerRow *row)
{
	guint n_values = 0;
	guint n_repeated = 0;
	gboolean is_new = is_new_measurement(power, cells, step);
	gdouble since = step <= power->max_gap ? step : 0;

	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		VmfcPowerZone *zone = &power->zones[i];
		gdouble watts = vmfc_power_read_watts(cells, zone->column, zone->source, length);
		row->watts[i] = vmfc_power_is_possible(watts) ? watts : NAN;
		power->n_impossible += !isnan(watts) && !vmfc_power_is_possible(watts);
		if (isnan(watts) && zone->column >= 0)
			vmfc_power_note_text(power, cells, zone->column);
		if (isnan(row->watts[i]))
			continue;
		gboolean is_points = vmfc_power_is_points(zone->source);
		if (watts > 0) {
			zone->zero_time = zone->zero_time_at_work = 0;
		} else if (is_stuck(power, zone, cells,
				    is_points || isnan(length) ? since : length)) {
			power->n_still++;
			row->watts[i] = NAN;
			continue;
		}
		n_values++;
		/* measurements of two windows may be equal; two readings of an instant with equal
		 * digits are the same measurement */
		n_repeated += is_points && watts == zone->last &&
			      !(zone->source == VMFC_POWER_KEPLER && is_new);
		zone->last = watts;
	}
	row->is_repeated = n_values > 0 && n_repeated == n_values;
	power->n_repeated += row->is_repeated;
	power->n_no_value += n_values == 0;
	return n_values > 0;
}

static void
add_to_series(VmfcPower *power, const VmfcPowerRow *row, gdouble length)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		VmfcPowerZone *zone = &power->zones[i];
		if (isnan(row->watts[i]))
			continue;
		if (vmfc_power_is_points(zone->source))
			vmfc_power_series_add_point(&zone->series, row->time, row->watts[i]);
		else if (length > 0)
			vmfc_power_series_add_window(&zone->series, row->time, length,
						     row->watts[i]);
	}
}

/* Whether the values of rows are of a window before them. */
static gboolean
has_windows(const VmfcPower *power)
{
	const gint *columns = power->clock.length_columns;

	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (power->zones[i].column >= 0 && !vmfc_power_is_points(power->zones[i].source))
			return columns[VMFC_ROW_LENGTH_MEASURED] >= 0 ||
			       columns[VMFC_ROW_LENGTH_ASKED_FOR] >= 0;
	}
	return FALSE;
}

static gboolean
is_in_order(VmfcPower *power, gdouble time)
{
	if (time > power->last_time || isnan(power->last_time))
		return TRUE;
	if (time == power->last_time) {
		power->n_same_time++;
		return FALSE;
	}
	if (power->n_unordered++ == 0)
		power->unordered_at = power->n_rows;
	return FALSE;
}

static void
note_gap(VmfcPower *power, gdouble gap)
{
	if (gap <= power->max_gap || isnan(gap))
		return;
	power->n_gaps++;
	power->widest_gap = MAX(power->widest_gap, gap);
}

/*
 * Reads the next row that has power and a later time than the previous row. Skips other rows. Sets
 * power->is_at_end at the end of the file.
 *
 * Returns: %FALSE with @error set if the file is invalid
 */
gboolean
vmfc_power_read(VmfcPower *power, VmfcPowerRow *row, GError **error)
{
	const VmfcTableRow *cells;

	for (;;) {
		if (!vmfc_table_reader_next(power->table, &cells, error))
			return FALSE;
		if (cells == NULL) {
			power->is_at_end = TRUE;
			return TRUE;
		}
		power->n_rows++;
		if (!vmfc_row_clock_read(&power->clock, cells, &row->time)) {
			power->n_no_time++;
			continue;
		}
		row->time -= power->shift;
		if (!is_in_order(power, row->time))
			continue;
		gdouble length = vmfc_power_read_length(power, cells);
		gdouble step = row->time - power->last_time;
		note_gap(power, step);
		if (isnan(power->first_time))
			power->first_time = row->time -
					    (has_windows(power) && length > 0 ? length : 0);
		power->last_time = row->time;
		/* the old tool writes 0 watts if it does not find the machine */
		if (vmfc_power_read_number(cells, power->vm_count_column) == 0) {
			power->n_no_vm++;
			power->n_no_value++;
			continue;
		}
		if (!read_values(power, cells, length, step, row))
			continue;
		add_to_series(power, row, length);
		return TRUE;
	}
}
