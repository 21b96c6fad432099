/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/power-choice.h"

#include <math.h>
#include <string.h>

#include "rows/diagnosis.h"
#include "rows/table-reader.h"

/* So many rows at the start show which columns have values, and the step between rows. */
#define N_SCANNED 4096
/* A longer time between points, in steps, is a gap without power. */
#define GAP_STEPS 3

/* The best value of a column in the file, in increasing order. */
typedef enum {
	SEEN_NOTHING,
	SEEN_ZERO,
	SEEN_POWER,
} Seen;

static gint
find_column(const VmfcTable *table, VmfcPowerSource source, guint zone)
{
	g_autofree gchar *name = vmfc_power_build_column(source, zone);
	return vmfc_table_find(table, name);
}

static gint
compare_steps(gconstpointer a, gconstpointer b)
{
	gdouble left = *(const gdouble *)a;
	gdouble right = *(const gdouble *)b;
	return (left > right) - (left < right);
}

/* Whether a column has had no value above 0 yet. */
static gboolean
is_any_missing(gint columns[VMFC_N_POWER_SOURCES][VMFC_N_ZONES],
	       Seen seen[VMFC_N_POWER_SOURCES][VMFC_N_ZONES])
{
	for (guint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
		for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
			if (columns[source][zone] >= 0 && seen[source][zone] < SEEN_POWER)
				return TRUE;
		}
	}
	return FALSE;
}

static void
scan_row(VmfcPower *power, const VmfcTableRow *row,
	 gint columns[VMFC_N_POWER_SOURCES][VMFC_N_ZONES],
	 Seen seen[VMFC_N_POWER_SOURCES][VMFC_N_ZONES])
{
	gdouble length = vmfc_power_read_length(power, row);

	if (vmfc_power_read_number(row, power->vm_count_column) == 0)
		return; /* its 0 W are not a measurement */
	for (guint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
		for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
			gdouble watts = vmfc_power_read_watts(row, columns[source][zone], source,
							      length);
			if (isnan(watts) && columns[source][zone] >= 0 && power->text == NULL)
				vmfc_power_note_text(power, row, columns[source][zone]);
			if (vmfc_power_is_possible(watts))
				seen[source][zone] = MAX(seen[source][zone],
							 watts > 0 ? SEEN_POWER : SEEN_ZERO);
		}
	}
}

/*
 * Finds which columns have values, and the median step between rows. Reads the file to its end if a
 * column has no value in the first rows.
 */
static gboolean
scan_file(VmfcPower *power, Seen seen[VMFC_N_POWER_SOURCES][VMFC_N_ZONES], GError **error)
{
	g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(gdouble));
	gint columns[VMFC_N_POWER_SOURCES][VMFC_N_ZONES];
	gdouble last = NAN;
	const VmfcTableRow *row;

	for (guint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
		for (guint zone = 0; zone < VMFC_N_ZONES; zone++)
			columns[source][zone] = find_column(power->table, source, zone);
	}
	for (guint i = 0; i < N_SCANNED || is_any_missing(columns, seen); i++) {
		gdouble time;
		if (!vmfc_table_reader_next(power->table, &row, error))
			return FALSE;
		if (row == NULL)
			break;
		scan_row(power, row, columns, seen);
		if (i >= N_SCANNED || !vmfc_row_clock_read(&power->clock, row, &time))
			continue;
		gdouble step = time - last;
		if (step > 0)
			g_array_append_val(steps, step);
		last = time;
	}
	g_array_sort(steps, compare_steps);
	power->step = steps->len > 0 ? g_array_index(steps, gdouble, steps->len / 2) : 0;
	return vmfc_table_reader_rewind(power->table, error);
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

/* Whether a file has a column of power from any source. */
gboolean
vmfc_power_is_in(const VmfcTable *table)
{
	for (guint i = 0; i < VMFC_N_POWER_SOURCES; i++) {
		if (has_source(table, i))
			return TRUE;
	}
	return FALSE;
}

/*
 * @table: (nullable): only columns that it has; %NULL for all
 * @only_source: only this source; -1 for all
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
				       (gint)strlen(vmfc_power_get_source_form(i)) - 2,
				       vmfc_power_get_source_form(i));
	}
	return g_string_free(g_steal_pointer(&list), FALSE);
}

/* Returns: (transfer full) (nullable): a message about a column with nearly the name of power */
static gchar *
find_near_name(const VmfcTable *table)
{
	for (guint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
		for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
			g_autofree gchar *name = vmfc_power_build_column(source, zone);
			gchar *text = vmfc_diagnosis_explain_near_name(table, name);
			if (text != NULL)
				return text;
		}
	}
	return NULL;
}

static gboolean
set_no_power(const VmfcTable *table, gint only_source, GError **error)
{
	g_autofree gchar *wanted = list_sources(NULL, only_source);
	g_autofree gchar *others = list_sources(table, -1);
	g_autofree gchar *near = find_near_name(table);
	const gchar *hint = "";

	/* files of a host have its CPU utilization and its power */
	if (near != NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s %s", table->source->path, near);
		return FALSE;
	}
	if (others[0] != '\0')
		hint = "; without --power-source it would be ";
	else if (vmfc_table_find(table, "power_method") >= 0)
		hint = "; it looks like a training set of vmfc merge";
	else if (vmfc_table_find(table, "cpu_cycles") < 0 &&
		 vmfc_table_find(table, "rapl_package_joules") >= 0)
		hint = "; its rapl_package_joules are of the whole host: record with the plugins "
		       "rapl and qemu (--plugins host,cpu)";
	else if (vmfc_table_find(table, "cpu_utilization") >= 0)
		hint = "; it looks like a file of features";
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "%s has no column of power: it needs %s%s, where ZONE is package, core, dram, "
		    "uncore or psys%s%s",
		    table->source->path, only_source < 0 ? "one of " : "", wanted, hint, others);
	return FALSE;
}

/*
 * If a zone has power, zones without power get no label, because it would always be missing. A zone
 * that is 0 in the whole file was not measured.
 */
static void
exclude_zones(VmfcPower *power, const Seen seen[VMFC_N_ZONES])
{
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		VmfcPowerZone *zone = &power->zones[i];
		zone->is_empty = zone->column >= 0 && seen[i] == SEEN_NOTHING;
		zone->is_still = zone->column >= 0 && seen[i] == SEEN_ZERO;
		if (zone->is_empty || zone->is_still)
			zone->column = -1;
	}
}

/* Returns: the first source that has power, else the first that has 0; -1 if none has a value */
static gint
find_best_source(Seen seen[VMFC_N_POWER_SOURCES][VMFC_N_ZONES])
{
	for (Seen wanted = SEEN_POWER; wanted > SEEN_NOTHING; wanted--) {
		for (gint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
			for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
				if (seen[source][zone] == wanted)
					return source;
			}
		}
	}
	return -1;
}

static gboolean
set_still(const VmfcPower *power, GError **error)
{
	guint zone = 0;

	while (power->zones[zone].column < 0)
		zone++;
	g_set_error(
		error, VMFC_ERROR, VMFC_ERROR_IO,
		"%s has 0 in every row that has power (%s and all others), so the meter seems to "
		"be stuck: check it on the host with vmfc --check, or give power of another source",
		power->table->source->path,
		vmfc_table_get_name(power->table, (guint)power->zones[zone].column));
	return FALSE;
}

/* Chooses the best source that has power. Uses one without power only if no source has any. */
static gboolean
choose_columns(VmfcPower *power, gint only_source, GError **error)
{
	Seen seen[VMFC_N_POWER_SOURCES][VMFC_N_ZONES] = {0};
	Seen chosen[VMFC_N_ZONES] = {0};
	Seen most = SEEN_NOTHING;
	gboolean any = FALSE;

	if (!scan_file(power, seen, error))
		return FALSE;
	gint best_source = only_source >= 0 ? only_source : find_best_source(seen);
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		VmfcPowerZone *zone = &power->zones[i];
		zone->column = -1;
		for (guint source = 0; source < VMFC_N_POWER_SOURCES; source++) {
			gint column = find_column(power->table, source, i);
			if (column < 0 || (only_source >= 0 && only_source != (gint)source) ||
			    (best_source >= 0 &&
			     !vmfc_power_is_of_one_origin(source, (guint)best_source)) ||
			    (zone->column >= 0 && seen[source][i] <= chosen[i]))
				continue;
			zone->column = column;
			zone->source = source;
			chosen[i] = seen[source][i];
		}
		any |= zone->column >= 0;
		most = MAX(most, chosen[i]);
	}
	if (!any)
		return set_no_power(power->table, only_source, error);
	if (most == SEEN_ZERO)
		return set_still(power, error);
	if (most == SEEN_POWER)
		exclude_zones(power, chosen);
	return TRUE;
}

/*
 * Opens a file of power at its first row.
 *
 * @table: its clock is already in @power
 * @only_source: -1 for the best one
 * @max_gap: s; 0 for the default
 */
gboolean
vmfc_power_open(VmfcPower *power, VmfcTable *table, gint only_source, gdouble max_gap,
		GError **error)
{
	power->table = table;
	power->vm_count_column = vmfc_table_find(table, "vm_count");
	power->work_column = vmfc_table_find(table, "vm_cpu_seconds");
	power->age_column = vmfc_table_find(table, "kepler_vm_age_seconds");
	if (!choose_columns(power, only_source, error))
		return FALSE;
	power->max_gap = max_gap > 0 ? max_gap : GAP_STEPS * power->step;
	return vmfc_power_rewind(power, error);
}
