/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "merge/power.h"

#include <math.h>
#include <string.h>

/* From so many rows at the start is told what a file has and how far apart its rows are. */
#define N_LOOKED_AT 4096
/* Between points that are further apart than so many steps nobody knows what power was. */
#define GAP_STEPS 3
/* The first rows that are out of order are bad luck; if half of all are, the file is not sorted. */
#define MOST_UNORDERED 0.5

static const gchar *const zone_names[VMFC_N_ZONES] = {"package", "core", "dram", "uncore", "psys"};

static const struct {
	const gchar *name;
	const gchar *form; /* of its columns */
	VmfcLabelMethod method;
} sources[VMFC_N_POWER_SOURCES] = {
	[VMFC_POWER_ENERGY] = {"joules", "vm_cpu_joules_%s", VMFC_LABEL_ENERGY},
	[VMFC_POWER_MEAN] = {"watts", "vm_cpu_watts_%s", VMFC_LABEL_MEAN},
	[VMFC_POWER_KEPLER] = {"kepler", "kepler_vm_cpu_watts_%s", VMFC_LABEL_POINTS},
	[VMFC_POWER_TOTAL] = {"total", "total_cpu_watts_%s", VMFC_LABEL_POINTS},
};

static const gchar *const method_names[VMFC_N_LABELS] = {"none", "energy", "mean", "points",
							 "nearest"};

const gchar *
vmfc_power_get_zone_name(guint zone)
{
	return zone_names[zone];
}

/* Returns: -1 where there is no such zone */
gint
vmfc_power_find_zone(const gchar *name)
{
	for (gint i = 0; i < VMFC_N_ZONES; i++) {
		if (g_str_equal(zone_names[i], name))
			return i;
	}
	return -1;
}

const gchar *
vmfc_power_get_source_name(VmfcPowerSource source)
{
	return sources[source].name;
}

/* Returns: the name of the source's columns, with NAME in place of the zone's */
const gchar *
vmfc_power_get_source_form(VmfcPowerSource source)
{
	return sources[source].form;
}

const gchar *
vmfc_power_get_method_name(VmfcLabelMethod method)
{
	return method_names[method];
}

static gboolean
is_points(VmfcPowerSource source)
{
	return sources[source].method == VMFC_LABEL_POINTS;
}

static gint
find_column(const VmfcTable *table, VmfcPowerSource source, guint zone)
{
	const gchar *form = sources[source].form;
	g_autofree gchar *name = g_strdup_printf("%.*s%s", (gint)strlen(form) - 2, form,
						 zone_names[zone]);
	return vmfc_table_find(table, name);
}

/* ------------------------------------------------------------ choosing */

static gint
compare_steps(gconstpointer a, gconstpointer b)
{
	gdouble left = *(const gdouble *)a;
	gdouble right = *(const gdouble *)b;
	return (left > right) - (left < right);
}

/* What is to be known of a file before its rows are used: which cells are there, and the usual
 * step. */
static gboolean
look_ahead(VmfcPower *power, guint64 n_values[VMFC_N_POWER_SOURCES][VMFC_N_ZONES], GError **error)
{
	g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(gdouble));
	gint columns[VMFC_N_POWER_SOURCES][VMFC_N_ZONES];
	gdouble last = NAN;
	const VmfcTableRow *row;

	for (guint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
		for (guint zone = 0; zone < VMFC_N_ZONES; zone++)
			columns[source][zone] = find_column(power->table, source, zone);
	}
	for (guint i = 0; i < N_LOOKED_AT; i++) {
		gdouble time;
		if (!vmfc_table_next(power->table, &row, error))
			return FALSE;
		if (row == NULL)
			break;
		for (guint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
			for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
				gint column = columns[source][zone];
				if (column >= 0 && row->cells[column].kind != VMFC_CELL_MISSING)
					n_values[source][zone]++;
			}
		}
		if (!vmfc_row_time_read(&power->clock, row, &time))
			continue;
		gdouble step = time - last;
		if (step > 0)
			g_array_append_val(steps, step);
		last = time;
	}
	g_array_sort(steps, compare_steps);
	power->step = steps->len > 0 ? g_array_index(steps, gdouble, steps->len / 2) : 0;
	return vmfc_table_rewind(power->table, error);
}

static gboolean
set_no_power(const VmfcTable *table, gint only_source, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);
	gboolean is_features = vmfc_table_find(table, "cpu_utilization") >= 0;

	for (guint i = 0; i < VMFC_N_POWER_SOURCES; i++) {
		if (only_source < 0 || only_source == (gint)i)
			g_string_append_printf(known, "%s%.*sZONE", known->len > 0 ? ", " : "",
					       (gint)strlen(sources[i].form) - 2, sources[i].form);
	}
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "%s has no column of power: it needs %s%s, where ZONE is package, core, dram, "
		    "uncore or psys%s",
		    table->source->path, only_source < 0 ? "one of " : "", known->str,
		    is_features ? "; it looks like a file of features" : "");
	return FALSE;
}

/* The best source that has values; one that has none only where no other has either. */
static gboolean
choose_columns(VmfcPower *power, gint only_source, GError **error)
{
	guint64 n_values[VMFC_N_POWER_SOURCES][VMFC_N_ZONES] = {0};
	gboolean any = FALSE;

	if (!look_ahead(power, n_values, error))
		return FALSE;
	for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
		VmfcPowerZone *chosen = &power->zones[zone];
		guint64 best = 0;
		chosen->column = -1;
		for (guint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
			gint column = find_column(power->table, source, zone);
			if (column < 0 || (only_source >= 0 && only_source != (gint)source) ||
			    (chosen->column >= 0 && (best > 0 || n_values[source][zone] == 0)))
				continue;
			chosen->column = column;
			chosen->source = source;
			best = n_values[source][zone];
		}
		any |= chosen->column >= 0;
	}
	return any || set_no_power(power->table, only_source, error);
}

/*
 * @table: its clock is known already, in @power
 * @only_source: -1 for the best one
 * @longest_gap: s; 0 for the usual
 */
gboolean
vmfc_power_init(VmfcPower *power, VmfcTable *table, gint only_source, gdouble longest_gap,
		GError **error)
{
	power->table = table;
	if (!choose_columns(power, only_source, error))
		return FALSE;
	power->delta_column = vmfc_table_find(table, "time_delta_seconds");
	power->interval_column = vmfc_table_find(table, "collection_interval");
	power->vm_count_column = vmfc_table_find(table, "vm_count");
	power->longest_gap = longest_gap > 0 ? longest_gap : GAP_STEPS * power->step;
	power->rows = g_array_new(FALSE, FALSE, sizeof(VmfcPowerRow));
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		vmfc_series_init(&power->zones[i].series, power->longest_gap);
	return vmfc_power_rewind(power, error);
}

void
vmfc_power_clear(VmfcPower *power)
{
	if (power->rows == NULL)
		return;
	g_array_unref(power->rows);
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		vmfc_series_clear(&power->zones[i].series);
}

gboolean
vmfc_power_rewind(VmfcPower *power, GError **error)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		vmfc_series_clear(&power->zones[i].series);
		vmfc_series_init(&power->zones[i].series, power->longest_gap);
		power->zones[i].last = NAN;
	}
	g_array_set_size(power->rows, 0);
	power->first_row = 0;
	power->is_at_end = FALSE;
	power->first_time = power->last_time = NAN;
	power->n_rows = power->n_no_time = power->n_unordered = power->n_same_time = 0;
	power->n_no_value = power->n_no_vm = power->n_repeated = power->n_gaps = 0;
	power->widest_gap = 0;
	return vmfc_table_rewind(power->table, error);
}

/* ------------------------------------------------------------- reading */

static gdouble
read_number(const VmfcTableRow *row, gint column)
{
	return column >= 0 ? vmfc_cell_get_number(&row->cells[column]) : NAN;
}

/* Returns: the length of a row's window; NaN where it does not say it */
static gdouble
read_length(const VmfcPower *power, const VmfcTableRow *row)
{
	gdouble length = read_number(row, power->delta_column);
	if (isnan(length))
		length = read_number(row, power->interval_column);
	return length > 0 ? length : NAN;
}

/* Fills in what the row says of each zone. */
static void
read_values(VmfcPower *power, const VmfcTableRow *cells, gdouble length, VmfcPowerRow *row)
{
	guint n_values = 0;
	guint n_repeated = 0;

	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		VmfcPowerZone *zone = &power->zones[i];
		gdouble watts = read_number(cells, zone->column);
		if (zone->column >= 0 && zone->source == VMFC_POWER_ENERGY)
			watts /= length;
		row->watts[i] = watts;
		if (isnan(watts))
			continue;
		n_values++;
		/* what was measured over a window anew may well be the same; a reading that shows
		 * the same digits again is an old one */
		n_repeated += is_points(zone->source) && watts == zone->last;
		zone->last = watts;
	}
	row->is_repeated = n_values > 0 && n_repeated == n_values;
	power->n_repeated += row->is_repeated;
	power->n_no_value += n_values == 0;
}

static void
add_to_series(VmfcPower *power, const VmfcPowerRow *row, gdouble length)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		VmfcPowerZone *zone = &power->zones[i];
		if (isnan(row->watts[i]))
			continue;
		if (is_points(zone->source))
			vmfc_series_add_point(&zone->series, row->time, row->watts[i]);
		else if (length > 0)
			vmfc_series_add_window(&zone->series, row->time, length, row->watts[i]);
	}
}

/* Whether rows tell of the time before them. */
static gboolean
has_windows(const VmfcPower *power)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (power->zones[i].column >= 0 && !is_points(power->zones[i].source))
			return power->delta_column >= 0 || power->interval_column >= 0;
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
note_gap(VmfcPower *power, gdouble time)
{
	gdouble gap = time - power->last_time;

	if (gap <= power->longest_gap || isnan(gap))
		return;
	power->n_gaps++;
	power->widest_gap = MAX(power->widest_gap, gap);
}

/*
 * The next row that has a time later than the one before. Rows whose times do not rise are left
 * out.
 *
 * Returns: %FALSE with @error set where the file is broken; at its end power->is_at_end is set
 */
gboolean
vmfc_power_read(VmfcPower *power, VmfcPowerRow *row, GError **error)
{
	const VmfcTableRow *cells;

	for (;;) {
		if (!vmfc_table_next(power->table, &cells, error))
			return FALSE;
		if (cells == NULL) {
			power->is_at_end = TRUE;
			return TRUE;
		}
		power->n_rows++;
		if (!vmfc_row_time_read(&power->clock, cells, &row->time)) {
			power->n_no_time++;
			continue;
		}
		row->time -= power->shift;
		if (!is_in_order(power, row->time))
			continue;
		gdouble length = read_length(power, cells);
		note_gap(power, row->time);
		if (isnan(power->first_time))
			power->first_time = row->time - (has_windows(power) ? length : 0);
		power->last_time = row->time;
		/* the old tool writes 0 watts where it does not find the machine */
		if (read_number(cells, power->vm_count_column) == 0) {
			power->n_no_vm++;
			power->n_no_value++;
			continue;
		}
		read_values(power, cells, length, row);
		add_to_series(power, row, length);
		return TRUE;
	}
}

/* ------------------------------------------------------------ labelling */

/* Whether something that is still to come could tell of the time before @end. */
static gboolean
needs_more(const VmfcPower *power, gdouble end)
{
	if (power->is_at_end)
		return FALSE;
	if (isnan(power->last_time) || power->last_time < end)
		return TRUE;
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		const VmfcPowerZone *zone = &power->zones[i];
		if (zone->column >= 0 && is_points(zone->source) &&
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
vmfc_power_label(VmfcPower *power, gdouble start, gdouble end, gdouble tolerance, VmfcLabel *label,
		 GError **error)
{
	while (needs_more(power, end)) {
		VmfcPowerRow row;
		if (!vmfc_power_read(power, &row, error))
			return FALSE;
		if (!power->is_at_end)
			g_array_append_val(power->rows, row);
		drop_old(power, start);
	}
	drop_old(power, start);
	const VmfcPowerRow *nearest = find_nearest(power, end);
	gboolean is_near = nearest != NULL && fabs(nearest->time - end) <= tolerance;
	label->method = VMFC_LABEL_NONE;
	label->time_diff = nearest != NULL ? fabs(nearest->time - end) : NAN;
	label->is_stale = FALSE;
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		const VmfcPowerZone *zone = &power->zones[i];
		VmfcLabelMethod method = sources[zone->source].method;
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
