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
/* No machine takes more, nor less than nothing, in W. */
#define MOST_WATTS 1e6

static const gchar *const zone_names[VMFC_N_ZONES] = {"package", "core", "dram", "uncore", "psys"};

static const struct {
	const gchar *name;
	const gchar *form; /* of its columns */
} sources[VMFC_N_POWER_SOURCES] = {
	[VMFC_POWER_ENERGY] = {"joules", "vm_cpu_joules_%s"},
	[VMFC_POWER_MEAN] = {"watts", "vm_cpu_watts_%s"},
	[VMFC_POWER_KEPLER] = {"kepler", "kepler_vm_cpu_watts_%s"},
	[VMFC_POWER_TOTAL] = {"total", "total_cpu_watts_%s"},
};

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

/* Whether it tells of instants; the others tell of the window that ends with the row. */
gboolean
vmfc_power_is_points(VmfcPowerSource source)
{
	return source == VMFC_POWER_KEPLER || source == VMFC_POWER_TOTAL;
}

static gint
find_column(const VmfcTable *table, VmfcPowerSource source, guint zone)
{
	const gchar *form = sources[source].form;
	g_autofree gchar *name = g_strdup_printf("%.*s%s", (gint)strlen(form) - 2, form,
						 zone_names[zone]);
	return vmfc_table_find(table, name);
}

/* --------------------------------------------------------------- cells */

static gdouble
read_number(const VmfcTableRow *row, gint column)
{
	return column >= 0 ? vmfc_cell_get_number(&row->cells[column]) : NAN;
}

/* Returns: the length of a row's window; NaN where it does not say it */
static gdouble
read_length(const VmfcPower *power, const VmfcTableRow *row)
{
	gdouble length = read_number(row, power->clock.length_columns[VMFC_ROW_LENGTH_MEASURED]);
	if (isnan(length))
		length = read_number(row, power->clock.length_columns[VMFC_ROW_LENGTH_ASKED_FOR]);
	return length > 0 ? length : NAN;
}

/* Returns: the power that a cell tells of, in W; NaN where it does not */
static gdouble
read_watts(const VmfcTableRow *row, gint column, VmfcPowerSource source, gdouble length)
{
	gdouble value = read_number(row, column);
	return source == VMFC_POWER_ENERGY ? value / length : value;
}

static gboolean
is_possible(gdouble watts)
{
	return watts >= 0 && watts <= MOST_WATTS;
}

/* ------------------------------------------------------------ choosing */

static gint
compare_steps(gconstpointer a, gconstpointer b)
{
	gdouble left = *(const gdouble *)a;
	gdouble right = *(const gdouble *)b;
	return (left > right) - (left < right);
}

/* Whether there is a column that has not had a value yet. */
static gboolean
is_any_empty(gint columns[VMFC_N_POWER_SOURCES][VMFC_N_ZONES],
	     guint64 n_values[VMFC_N_POWER_SOURCES][VMFC_N_ZONES])
{
	for (guint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
		for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
			if (columns[source][zone] >= 0 && n_values[source][zone] == 0)
				return TRUE;
		}
	}
	return FALSE;
}

/*
 * What is to be known of a file before its rows are used: which columns have values, for which it
 * is read to its end if need be, and the usual step.
 */
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
	for (guint i = 0; i < N_LOOKED_AT || is_any_empty(columns, n_values); i++) {
		gdouble time;
		if (!vmfc_table_next(power->table, &row, error))
			return FALSE;
		if (row == NULL)
			break;
		gdouble length = read_length(power, row);
		for (guint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
			for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
				gint column = columns[source][zone];
				n_values[source][zone] += is_possible(
					read_watts(row, column, source, length));
			}
		}
		if (i >= N_LOOKED_AT || !vmfc_row_time_read(&power->clock, row, &time))
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
has_source(const VmfcTable *table, VmfcPowerSource source)
{
	for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
		if (find_column(table, source, zone) >= 0)
			return TRUE;
	}
	return FALSE;
}

/*
 * @table: only what it has; %NULL for all
 * @only_source: only this one; -1 for all
 *
 * Returns: (transfer full): the names of columns of power
 */
static gchar *
list_sources(const VmfcTable *table, gint only_source)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (gint i = 0; i < VMFC_N_POWER_SOURCES; i++) {
		if ((only_source >= 0 && only_source != i) ||
		    (table != NULL && !has_source(table, i)))
			continue;
		g_string_append_printf(list, "%s%.*sZONE", list->len > 0 ? ", " : "",
				       (gint)strlen(sources[i].form) - 2, sources[i].form);
	}
	return g_string_free(g_steal_pointer(&list), FALSE);
}

static gboolean
set_no_power(const VmfcTable *table, gint only_source, GError **error)
{
	g_autofree gchar *wanted = list_sources(NULL, only_source);
	g_autofree gchar *others = list_sources(table, -1);
	const gchar *hint = "";

	/* a host's own CPU use stands beside its power */
	if (others[0] != '\0')
		hint = "; without --power-source it would be ";
	else if (vmfc_table_find(table, "cpu_utilization") >= 0)
		hint = "; it looks like a file of features";
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "%s has no column of power: it needs %s%s, where ZONE is package, core, dram, "
		    "uncore or psys%s%s",
		    table->source->path, only_source < 0 ? "one of " : "", wanted, hint, others);
	return FALSE;
}

/* Where one zone has values, those that have none get no label: it would never be there. */
static void
leave_out_empty(VmfcPower *power, const guint64 n_values[VMFC_N_ZONES])
{
	gboolean any = FALSE;

	for (guint i = 0; i < VMFC_N_ZONES; i++)
		any |= n_values[i] > 0;
	for (guint i = 0; any && i < VMFC_N_ZONES; i++) {
		power->zones[i].is_empty = power->zones[i].column >= 0 && n_values[i] == 0;
		if (power->zones[i].is_empty)
			power->zones[i].column = -1;
	}
}

/*
 * Energy and means are of one plugin. Kepler counts otherwise, and has a core on AMD, which that
 * plugin leaves out for good reason: zones of two origins do not fit together.
 */
static gboolean
is_of_one_origin(VmfcPowerSource a, VmfcPowerSource b)
{
	return a == b || MAX(a, b) == VMFC_POWER_MEAN;
}

/* Whether two files have power of one origin; within a file it always is. */
gboolean
vmfc_power_is_alike(const VmfcPower *a, const VmfcPower *b)
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		for (guint j = 0; j < VMFC_N_ZONES; j++) {
			if (a->zones[i].column >= 0 && b->zones[j].column >= 0 &&
			    !is_of_one_origin(a->zones[i].source, b->zones[j].source))
				return FALSE;
		}
	}
	return TRUE;
}

/* Returns: the first source that has a value; -1 where none has */
static gint
find_best_source(guint64 n_values[VMFC_N_POWER_SOURCES][VMFC_N_ZONES])
{
	for (gint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
		for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
			if (n_values[source][zone] > 0)
				return source;
		}
	}
	return -1;
}

/* The best source that has values; one that has none only where no other has either. */
static gboolean
choose_columns(VmfcPower *power, gint only_source, GError **error)
{
	guint64 n_values[VMFC_N_POWER_SOURCES][VMFC_N_ZONES] = {0};
	guint64 n_chosen[VMFC_N_ZONES] = {0};
	gboolean any = FALSE;

	if (!look_ahead(power, n_values, error))
		return FALSE;
	gint best_source = only_source >= 0 ? only_source : find_best_source(n_values);
	for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
		VmfcPowerZone *chosen = &power->zones[zone];
		guint64 *best = &n_chosen[zone];
		chosen->column = -1;
		for (guint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
			gint column = find_column(power->table, source, zone);
			if (column < 0 || (only_source >= 0 && only_source != (gint)source) ||
			    (best_source >= 0 && !is_of_one_origin(source, best_source)) ||
			    (chosen->column >= 0 && (*best > 0 || n_values[source][zone] == 0)))
				continue;
			chosen->column = column;
			chosen->source = source;
			*best = n_values[source][zone];
		}
		any |= chosen->column >= 0;
	}
	leave_out_empty(power, n_chosen);
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
	power->vm_count_column = vmfc_table_find(table, "vm_count");
	power->age_column = vmfc_table_find(table, "kepler_vm_age_seconds");
	power->longest_gap = longest_gap > 0 ? longest_gap : GAP_STEPS * power->step;
	return vmfc_power_rewind(power, error);
}

/* Gives back what rows and series take; what was counted stays. */
void
vmfc_power_clear(VmfcPower *power)
{
	if (power->rows == NULL)
		return;
	g_clear_pointer(&power->rows, g_array_unref);
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		vmfc_series_clear(&power->zones[i].series);
}

gboolean
vmfc_power_rewind(VmfcPower *power, GError **error)
{
	vmfc_power_clear(power);
	power->rows = g_array_new(FALSE, FALSE, sizeof(VmfcPowerRow));
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		vmfc_series_init(&power->zones[i].series, power->longest_gap);
		power->zones[i].last = NAN;
	}
	power->first_row = 0;
	power->is_at_end = FALSE;
	power->first_time = power->last_time = power->last_age = NAN;
	power->n_rows = power->n_no_time = power->n_unordered = power->n_same_time = 0;
	power->n_no_value = power->n_no_vm = power->n_impossible = 0;
	power->n_repeated = power->n_gaps = 0;
	power->widest_gap = 0;
	return vmfc_table_rewind(power->table, error);
}

/* ------------------------------------------------------------- reading */

/*
 * Whether Kepler has measured anew since the row before, also when the same came out. Without new
 * values their age grows as time does.
 */
static gboolean
is_measured_anew(VmfcPower *power, const VmfcTableRow *cells, gdouble step)
{
	gdouble age = read_number(cells, power->age_column);
	gboolean anew = age - power->last_age < step / 2;

	power->last_age = age;
	return anew;
}

/* Fills in what the row says of each zone. Returns: whether it says anything */
static gboolean
read_values(VmfcPower *power, const VmfcTableRow *cells, gdouble length, gdouble step,
	    VmfcPowerRow *row)
{
	guint n_values = 0;
	guint n_repeated = 0;
	gboolean anew = is_measured_anew(power, cells, step);

	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		VmfcPowerZone *zone = &power->zones[i];
		gdouble watts = read_watts(cells, zone->column, zone->source, length);
		row->watts[i] = is_possible(watts) ? watts : NAN;
		power->n_impossible += !isnan(watts) && !is_possible(watts);
		if (isnan(row->watts[i]))
			continue;
		n_values++;
		/* what was measured over a window anew may well be the same; a reading that shows
		 * the same digits again is an old one */
		n_repeated += vmfc_power_is_points(zone->source) && watts == zone->last &&
			      !(zone->source == VMFC_POWER_KEPLER && anew);
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
			vmfc_series_add_point(&zone->series, row->time, row->watts[i]);
		else if (length > 0)
			vmfc_series_add_window(&zone->series, row->time, length, row->watts[i]);
	}
}

/* Whether rows tell of the time before them. */
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
	if (gap <= power->longest_gap || isnan(gap))
		return;
	power->n_gaps++;
	power->widest_gap = MAX(power->widest_gap, gap);
}

/*
 * The next row that has a time later than the one before, and power. Rows whose times do not rise
 * are left out.
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
		gdouble step = row->time - power->last_time;
		note_gap(power, step);
		if (isnan(power->first_time))
			power->first_time = row->time -
					    (has_windows(power) && length > 0 ? length : 0);
		power->last_time = row->time;
		/* the old tool writes 0 watts where it does not find the machine */
		if (read_number(cells, power->vm_count_column) == 0) {
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
