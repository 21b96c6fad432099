/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/pair.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "rows/diagnosis.h"
#include "rows/power-column.h"
#include "rows/table-reader.h"
#include "tools/merge/power-choice.h"
#include "tools/merge/lag-input.h"

/* Maximum share of rows out of order; with more, the file counts as unsorted and is refused. */
#define MAX_UNORDERED 0.5
/* A lag of less than this share of a window is harmless. */
#define SMALL_LAG 0.5

/* ------------------------------------------------------------- opening */

/* Finds the UTC offset of local times: from the other file, else from this machine. */
static gboolean
find_zone(VmfcRowClock *clock, VmfcTable *table, const VmfcRowClock *other, VmfcTable *other_table,
	  GError **error)
{
	gdouble zone;
	gdouble last;

	if (!clock->needs_zone)
		return TRUE;
	if (!vmfc_row_clock_find_zone(other, other_table, &zone, &last, error))
		return FALSE;
	gboolean from_other = !isnan(zone);
	gboolean is_alone = other->kind == VMFC_ROW_CLOCK_ISO && other->needs_zone;
	if (!vmfc_row_clock_check_local(clock, table, !from_other && !is_alone, error))
		return FALSE;
	if (!from_other && !vmfc_row_clock_find_machine_zone(clock, table, &zone, &last, error))
		return FALSE;
	if (zone != last) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s has local times without a zone, and the clock was changed by %.0f "
			    "minutes within it: give a file with timestamp_absolute, such as the "
			    "old tool's JSON, or cut it there",
			    table->source->path, fabs(last - zone) / 60);
		return FALSE;
	}
	clock->zone = zone;
	clock->first -= zone;
	guint minutes = (guint)(fabs(zone) / 60);
	g_message("%s has local times without a zone; vmfc takes them as UTC%c%02u:%02u, %s",
		  table->source->path, zone < 0 ? '-' : '+', minutes / 60, minutes % 60,
		  from_other ? "as in the other file" : "as on this machine");
	return TRUE;
}

static gboolean
check_labels(const VmfcTable *features, GError **error)
{
	static const gchar *const names[] = {"power_method", "power_stale", "time_diff"};

	for (guint i = 0; i < G_N_ELEMENTS(names) + VMFC_N_ZONES; i++) {
		g_autofree gchar *name = i < VMFC_N_ZONES ? g_strconcat(VMFC_POWER_LABEL_PREFIX,
									vmfc_zone_get_name(i), NULL)
							  : g_strdup(names[i - VMFC_N_ZONES]);
		if (vmfc_table_find(features, name) < 0)
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s has the column %s, so it seems to be merged already: give the file "
			    "that was recorded in the machine",
			    features->source->path, name);
		return FALSE;
	}
	return TRUE;
}

/* Checks that each file is of the kind that its option needs. */
static gboolean
check_sides(const VmfcTable *features, const VmfcTable *power, GError **error)
{
	struct stat one;
	struct stat other;

	if (!vmfc_power_is_in(features))
		return TRUE;
	if (!vmfc_power_is_in(power))
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "--features %s has power and --power %s has none: swap them",
			    features->source->path, power->source->path);
	else if (fstat(features->source->fd, &one) == 0 && fstat(power->source->fd, &other) == 0 &&
		 one.st_dev == other.st_dev && one.st_ino == other.st_ino)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s is given for both --features and --power: give the file that was "
			    "recorded in the machine for --features",
			    features->source->path);
	else if (vmfc_lag_input_find_load(features) < 0)
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_IO,
			"--features %s has power, but no features: give the file that was recorded "
			"in the machine",
			features->source->path);
	else
		return TRUE;
	return FALSE;
}

static gboolean
open_tables(VmfcPair *pair, const VmfcMergeArguments *options, GError **error)
{
	VmfcPower *power = &pair->power;

	pair->features = vmfc_table_reader_open(options->features[pair->index], error);
	if (pair->features == NULL || !vmfc_row_clock_init(&pair->clock, pair->features, error) ||
	    !check_labels(pair->features, error))
		return FALSE;
	power->table = vmfc_table_reader_open(vmfc_merge_arguments_get_power(options, pair->index),
					      error);
	if (power->table == NULL || !vmfc_row_clock_init(&power->clock, power->table, error) ||
	    !check_sides(pair->features, power->table, error))
		return FALSE;
	if (!find_zone(&pair->clock, pair->features, &power->clock, power->table, error) ||
	    !find_zone(&power->clock, power->table, &pair->clock, pair->features, error))
		return FALSE;
	return vmfc_power_open(power, power->table, options->source, options->max_gap, error);
}

/* Chooses the zone for the threshold and the lag. */
static gboolean
choose_zone(VmfcPair *pair, gint wanted, GError **error)
{
	guint zone = 0;

	if (wanted >= 0)
		zone = (guint)wanted;
	else
		while (pair->power.zones[zone].column < 0)
			zone++;
	pair->zone = zone;
	if (pair->power.zones[zone].column >= 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
		    "--power-zone %s: %s has no power of that zone", vmfc_zone_get_name(zone),
		    pair->power.table->source->path);
	return FALSE;
}

/* Returns: (transfer full): the name of a run, from the name of its file */
static gchar *
build_run_name(const gchar *path)
{
	g_autofree gchar *base = g_path_get_basename(path);
	gchar *dot = strrchr(base, '.');

	/* an extension does not begin with a digit, as in node-10.0.0.1 */
	if (dot != NULL && dot > base && g_ascii_isalpha(dot[1]))
		*dot = '\0';
	return g_utf8_make_valid(base, -1);
}

/* @index: of the run, from 0 */
VmfcPair *
vmfc_pair_open(const VmfcMergeArguments *options, guint index, GError **error)
{
	g_autoptr(VmfcPair) pair = g_new0(VmfcPair, 1);

	pair->index = index;
	pair->run = build_run_name(options->features[index]);
	vmfc_merge_stats_init(&pair->quality);
	if (!open_tables(pair, options, error) || !choose_zone(pair, options->zone, error))
		return NULL;
	pair->load_column = vmfc_lag_input_find_load(pair->features);
	vmfc_input_meta_init(&pair->features_meta, pair->features->source->path);
	vmfc_input_meta_init(&pair->power_meta, pair->power.table->source->path);
	return g_steal_pointer(&pair);
}

/* Frees or spills what is only needed while the rows are read. Both files must be rewound later. */
gboolean
vmfc_pair_put_aside(VmfcPair *pair, GError **error)
{
	vmfc_power_clear(&pair->power);
	vmfc_buffered_file_release(pair->features->source);
	vmfc_buffered_file_release(pair->power.table->source);
	vmfc_origin_clear(&pair->origin);
	return pair->spill == NULL ||
	       (vmfc_table_put_aside(pair->features, pair->spill, error) &&
		vmfc_table_put_aside(pair->power.table, pair->spill, error) &&
		vmfc_lag_curve_put_aside(&pair->lag.curve, pair->spill, error));
}

/* Must be called before its rows or columns are read. */
gboolean
vmfc_pair_take_back(VmfcPair *pair, GError **error)
{
	return pair->spill == NULL ||
	       (vmfc_table_take_back(pair->features, pair->spill, error) &&
		vmfc_table_take_back(pair->power.table, pair->spill, error) &&
		vmfc_lag_curve_take_back(&pair->lag.curve, pair->spill, error));
}

void
vmfc_pair_free(VmfcPair *pair)
{
	vmfc_lag_clear(&pair->lag);
	vmfc_input_meta_clear(&pair->features_meta);
	vmfc_input_meta_clear(&pair->power_meta);
	vmfc_origin_clear(&pair->origin);
	vmfc_power_clear(&pair->power);
	g_clear_pointer(&pair->power.text, g_free);
	g_clear_pointer(&pair->features, vmfc_table_free);
	g_clear_pointer(&pair->power.table, vmfc_table_free);
	g_free(pair->run);
	g_free(pair);
}

/* ------------------------------------------------------------- the lag */

static gboolean
set_no_lag(const VmfcPair *pair, const VmfcMergeArguments *options, GError **error)
{
	gdouble apart = pair->power.clock.first - pair->clock.first;

	if (fabs(apart - options->offset) > options->max_lag)
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_IO,
			"--estimate-offset: no lag found for %s: %s; %s begins %.0f s %s it, but "
			"the maximum of the lag is %.0f s (--max-lag): if the clocks differ, add "
			"--offset %.0f, or else omit --estimate-offset",
			pair->features->source->path, pair->lag.reason,
			pair->power.table->source->path, fabs(apart),
			apart < 0 ? "before" : "after", options->max_lag, apart);
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "--estimate-offset: no lag found for %s: %s; give it with --offset, or "
			    "omit --estimate-offset",
			    pair->features->source->path, pair->lag.reason);
	return FALSE;
}

/* Finds the lag from a part of both files. Corrects it with --estimate-offset. */
gboolean
vmfc_pair_find_lag(VmfcPair *pair, const VmfcMergeArguments *options, GError **error)
{
	VmfcLag *lag = &pair->lag;
	VmfcPower *power = &pair->power;

	power->shift = options->offset;
	if (!vmfc_lag_input_estimate_lag(pair->features, &pair->clock, pair->load_column, power,
					 pair->zone, options->max_lag, lag, error))
		return FALSE;
	if (!lag->is_found && options->estimate_offset)
		return set_no_lag(pair, options, error);
	lag->seconds += options->offset; /* between the uncorrected clocks */
	lag->other += options->offset;
	lag->curve.first += options->offset;
	if (lag->is_found && !isnan(lag->other))
		g_message("%s: the load is periodic: a lag of %.1f s would fit as well as %.1f s",
			  pair->run, lag->other, lag->seconds);
	if (options->estimate_offset)
		power->shift = lag->seconds;
	return TRUE;
}

/* Reports a lag that is not corrected. Call it after the merge, because it needs the length of the
 * windows. */
void
vmfc_pair_report_lag(const VmfcPair *pair)
{
	const VmfcLag *lag = &pair->lag;
	gdouble rest = lag->seconds - pair->power.shift;
	gdouble window = pair->quality.max_window;

	if (lag->is_found && fabs(rest) > SMALL_LAG * window)
		g_message("%s: power %s the features by %.2f s, with windows of %.2f s: "
			  "--estimate-offset corrects this",
			  pair->run, rest < 0 ? "leads" : "lags", fabs(rest), window);
}

/* -------------------------------------------------------------- warnings */

static void
warn_cut(const VmfcTable *table)
{
	const gchar *path = table->source->path;

	if (table->n_cut_off == 0)
		g_warning("%s ends within a row or after one, without the bracket that closes its "
			  "list, perhaps because its writer was killed: its %" G_GUINT64_FORMAT
			  " complete rows are used",
			  path, table->n_rows);
	else if (table->is_array)
		g_warning("%s ends within a row, perhaps because its writer was killed: %u row is "
			  "left out, and the %" G_GUINT64_FORMAT
			  " complete rows before it are used",
			  path, table->n_cut_off, table->n_rows);
	else
		g_warning("%s ends within a row, perhaps because its writer was killed: %u row is "
			  "left out, because it has no line feed and may lack its last digits, and "
			  "the %" G_GUINT64_FORMAT " complete rows before it are used",
			  path, table->n_cut_off, table->n_rows);
}

static void
warn_table(const VmfcTable *table)
{
	if (table->is_cut)
		warn_cut(table);
	if (table->n_uneven > 0)
		g_warning(
			"%s has %" G_GUINT64_FORMAT
			" rows with more or fewer cells than its first line has names (first: row "
			"%" G_GUINT64_FORMAT "): they are left out",
			table->source->path, table->n_uneven, table->uneven_at);
}

static gboolean
check_order(const VmfcTable *table, guint64 n_rows, guint64 n_unordered, guint64 at, guint64 n_same,
	    GError **error)
{
	const gchar *path = table->source->path;

	if ((gdouble)n_unordered > MAX_UNORDERED * (gdouble)n_rows) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s is not in the order of time: %" G_GUINT64_FORMAT
			    " of %" G_GUINT64_FORMAT
			    " rows are earlier than a previous row (first: row %" G_GUINT64_FORMAT
			    "); sort it",
			    path, n_unordered, n_rows, at);
		return FALSE;
	}
	if (n_unordered > 0)
		g_warning(
			"%s has %" G_GUINT64_FORMAT
			" rows that are earlier than a previous row (first: row %" G_GUINT64_FORMAT
			"): they are left out; sort it to keep them",
			path, n_unordered, at);
	if (n_same > 0)
		g_warning("%s has %" G_GUINT64_FORMAT
			  " rows with the time of the previous row: they are left out",
			  path, n_same);
	return TRUE;
}

static gboolean
set_unmatched(const VmfcPair *pair, const VmfcMergeArguments *options, GError **error)
{
	const VmfcMergeStats *quality = &pair->quality;
	const VmfcPower *power = &pair->power;
	g_autofree gchar *from = vmfc_row_clock_format(quality->first_time);
	g_autofree gchar *to = vmfc_row_clock_format(quality->last_time);
	g_autofree gchar *power_from = vmfc_row_clock_format(power->first_time);
	g_autofree gchar *power_to = vmfc_row_clock_format(power->last_time);

	if (quality->last_time < power->first_time || quality->first_time > power->last_time)
		g_set_error(
			error, VMFC_ERROR, VMFC_ERROR_IO,
			"%s (%s to %s) and %s (%s to %s) have no time in common: give files of one "
			"run, or --offset %.0f --estimate-offset if only the clocks differ",
			pair->features->source->path, from, to, power->table->source->path,
			power_from, power_to,
			power->shift + power->first_time - quality->first_time);
	else if (quality->n_unmatched[VMFC_UNMATCHED_THRESHOLD] > 0)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "no row is left: all are below --min-power-threshold %g",
			    options->min_power);
	else if (power->n_no_value == power->n_rows && power->text != NULL)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "%s %s", power->table->source->path,
			    power->text);
	else if (power->n_no_value == power->n_rows)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "%s has no value of power in any of its %" G_GUINT64_FORMAT " rows: %s",
			    power->table->source->path, power->n_rows,
			    options->source >= 0
				    ? "omit --power-source to use other columns too"
				    : "vmfc --check on the host says what is missing and why");
	else
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO,
			    "no row is left: no power value is within --tolerance %g s of a window "
			    "of %s",
			    options->tolerance, pair->features->source->path);
	return FALSE;
}

/* Warns about numbers that are texts. They stay texts. @row: of features, with classified cells */
void
vmfc_pair_warn_texts(const VmfcPair *pair, const VmfcTableRow *row)
{
	static const gchar *const labels[] = {"vm_hostname", "stress_workload", "stress_phase",
					      "target_zones"};
	g_autofree gchar *first = NULL;
	guint n = 0;

	for (guint i = 0; i < pair->features->columns->len; i++) {
		const gchar *name = vmfc_table_get_name(pair->features, i);
		gboolean is_label = FALSE;
		for (guint j = 0; j < G_N_ELEMENTS(labels); j++)
			is_label |= g_str_equal(name, labels[j]);
		if (is_label || !vmfc_diagnosis_is_number_in_text(&row->cells[i]))
			continue;
		if (n++ == 0)
			first = vmfc_diagnosis_explain_number(pair->features, i, &row->cells[i]);
	}
	if (n > 0)
		g_warning("%s %s; texts stay texts in the training set (columns: %u)",
			  pair->features->source->path, first, n);
}

/* Warns about problems of the run. Returns: %FALSE with @error set if no row can be used */
gboolean
vmfc_pair_check(const VmfcPair *pair, const VmfcMergeArguments *options, GError **error)
{
	const VmfcMergeStats *quality = &pair->quality;
	const VmfcPower *power = &pair->power;

	warn_table(pair->features);
	warn_table(power->table);
	if (!check_order(pair->features, quality->n_rows,
			 quality->n_unmatched[VMFC_UNMATCHED_UNORDERED], quality->unordered_at,
			 quality->n_unmatched[VMFC_UNMATCHED_SAME_TIME], error) ||
	    !check_order(power->table, power->n_rows, power->n_unordered, power->unordered_at,
			 power->n_same_time, error))
		return FALSE;
	if (power->n_no_vm > 0)
		g_message("%s: in %" G_GUINT64_FORMAT
			  " rows no virtual machine was found (vm_count 0); their power counts as "
			  "missing, not as 0",
			  power->table->source->path, power->n_no_vm);
	if (power->n_impossible > 0)
		g_warning("%s has %" G_GUINT64_FORMAT
			  " values of power that are below 0 or above 20 kW: they are taken as "
			  "missing; check the program that wrote them",
			  power->table->source->path, power->n_impossible);
	if (power->text != NULL && power->n_no_value < power->n_rows)
		g_warning("%s %s; such values are taken as missing", power->table->source->path,
			  power->text);
	if (power->n_still > 0)
		g_warning("%s has %" G_GUINT64_FORMAT
			  " values of power that stay at 0 for longer than a working meter does: "
			  "they count as missing; check the meter on the host",
			  power->table->source->path, power->n_still);
	if (quality->n_still > 0)
		g_warning("%s has a power of 0 in windows in which the CPUs of %s were busy: "
			  "%" G_GUINT64_FORMAT " labels are missing for this reason",
			  power->table->source->path, pair->run, quality->n_still);
	return quality->n_matched > 0 || set_unmatched(pair, options, error);
}

/* Returns: (transfer full): the name of the column for the lag and the threshold */
gchar *
vmfc_pair_build_power_column(const VmfcPair *pair)
{
	return vmfc_power_build_column(pair->power.zones[pair->zone].source, pair->zone);
}
