/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/merge-report.h"

#include <math.h>

#include "config.h"
#include "base/json.h"

static void
add_number(VmfcJson *json, const gchar *key, gdouble value)
{
	if (isfinite(value))
		vmfc_json_add_float(json, key, value);
	else
		vmfc_json_add_null(json, key);
}

static void
add_count(VmfcJson *json, const gchar *key, guint64 value)
{
	vmfc_json_add_int(json, key, (gint64)value);
}

static void
add_time(VmfcJson *json, const gchar *key, gdouble time)
{
	if (isnan(time)) {
		vmfc_json_add_null(json, key);
		return;
	}
	g_autofree gchar *text = vmfc_row_clock_format(time);
	vmfc_json_add_string(json, key, text);
}

static void
add_file(VmfcJson *json, const VmfcTable *table, const VmfcRowClock *clock)
{
	vmfc_json_add_string(json, "file", table->source->path);
	vmfc_json_add_string(json, "form", table->is_json ? "json" : "csv");
	vmfc_json_add_bool(json, "is_cut", table->is_cut);
	add_count(json, "rows_cut_off", table->n_cut_off);
	add_count(json, "rows_of_wrong_length", table->n_uneven);
	vmfc_json_add_string(json, "time_column", vmfc_row_clock_get_name(clock->kind));
	if (clock->needs_zone)
		add_number(json, "assumed_utc_offset_seconds", clock->zone);
}

static void
add_features(VmfcJson *json, const VmfcPair *pair)
{
	const VmfcMergeStats *quality = &pair->quality;

	vmfc_json_begin(json, "features", '{');
	add_file(json, pair->features, &pair->clock);
	add_count(json, "rows", quality->n_rows);
	add_time(json, "first_window_begins", quality->first_time);
	add_time(json, "last_window_ends", quality->last_time);
	add_count(json, "gaps", quality->n_gaps);
	add_number(json, "longest_gap_seconds", quality->widest_gap);
	vmfc_json_end(json, '}');
}

static void
add_power(VmfcJson *json, const VmfcPair *pair)
{
	const VmfcPower *power = &pair->power;

	vmfc_json_begin(json, "power", '{');
	add_file(json, power->table, &power->clock);
	add_count(json, "rows", power->n_rows);
	add_time(json, "begins", power->first_time + power->shift);
	add_time(json, "ends", power->last_time + power->shift);
	add_number(json, "step_seconds", power->step);
	add_number(json, "longest_bridged_gap_seconds", power->longest_gap);
	add_count(json, "gaps", power->n_gaps);
	add_number(json, "longest_gap_seconds", power->widest_gap);
	add_count(json, "rows_without_power", power->n_no_value);
	add_count(json, "rows_without_virtual_machine", power->n_no_vm);
	add_count(json, "impossible_values", power->n_impossible);
	add_count(json, "values_standing_still", power->n_still);
	add_count(json, "values_without_number", power->n_texts);
	add_count(json, "rows_without_time", power->n_no_time);
	add_count(json, "rows_out_of_order", power->n_unordered);
	add_count(json, "rows_of_duplicate_time", power->n_same_time);
	add_count(json, "repeated_values", power->n_repeated);
	vmfc_json_begin(json, "zones", '{');
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		const VmfcPowerZone *zone = &power->zones[i];
		if (zone->column < 0)
			continue;
		g_autofree gchar *label = g_strconcat("power_watts_", vmfc_power_get_zone_name(i),
						      NULL);
		g_autofree gchar *column = vmfc_power_build_column(zone->source, i);
		vmfc_json_begin(json, vmfc_power_get_zone_name(i), '{');
		vmfc_json_add_string(json, "label", label);
		vmfc_json_add_string(json, "from_column", column);
		vmfc_json_add_string(json, "measures",
				     zone->source == VMFC_POWER_ENERGY ? "energy of each window"
				     : zone->source == VMFC_POWER_MEAN ? "average of each window"
								       : "power at an instant");
		vmfc_json_end(json, '}');
	}
	vmfc_json_end(json, '}');
	vmfc_json_begin(json, "zones_without_value", '[');
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (power->zones[i].is_empty)
			vmfc_json_add_string(json, NULL, vmfc_power_get_zone_name(i));
	}
	vmfc_json_end(json, ']');
	vmfc_json_begin(json, "zones_standing_still", '[');
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (power->zones[i].is_still)
			vmfc_json_add_string(json, NULL, vmfc_power_get_zone_name(i));
	}
	vmfc_json_end(json, ']');
	vmfc_json_add_string(json, "zones_overlap",
			     "core and uncore lie inside package, and psys holds package: "
			     "zones are never to be added up");
	vmfc_json_end(json, '}');
}

static void
add_rows(VmfcJson *json, const VmfcMergeStats *quality)
{
	vmfc_json_begin(json, "rows", '{');
	add_count(json, "matched", quality->n_matched);
	add_count(json, "unmatched", quality->n_rows - quality->n_matched);
	vmfc_json_begin(json, "unmatched_why", '{');
	for (guint i = 0; i < VMFC_N_UNMATCHED; i++)
		add_count(json, vmfc_merge_stats_get_reason(i), quality->n_unmatched[i]);
	vmfc_json_end(json, '}');
	add_count(json, "inside_power", quality->n_inside);
	add_count(json, "inside_power_matched", quality->n_inside_matched);
	vmfc_json_begin(json, "methods", '{');
	for (guint i = VMFC_POWER_LABEL_NONE + 1; i < VMFC_N_POWER_LABELS; i++)
		add_count(json, vmfc_power_label_get_method_name(i), quality->n_methods[i]);
	vmfc_json_end(json, '}');
	add_count(json, "stale_labels", quality->n_stale);
	add_count(json, "labels_of_zero_while_busy", quality->n_still);
	add_number(json, "time_diff_mean", quality->time_diff_sum / (gdouble)quality->n_matched);
	add_number(json, "time_diff_max", quality->time_diff_max);
	vmfc_json_end(json, '}');
}

static void
add_offset(VmfcJson *json, const VmfcPair *pair, gboolean is_estimated)
{
	const VmfcLag *lag = &pair->lag;

	vmfc_json_begin(json, "offset", '{');
	add_number(json, "applied_seconds", pair->power.shift);
	vmfc_json_add_bool(json, "was_estimated", is_estimated);
	if (lag->is_found) {
		add_number(json, "lag_seconds", lag->seconds);
		add_number(json, "correlation", lag->correlation);
		add_number(json, "correlation_of_changes", lag->detail);
		add_number(json, "another_lag_seconds", lag->other);
		vmfc_json_add_int(json, "windows_looked_at", lag->n_windows);
	} else {
		vmfc_json_add_null(json, "lag_seconds");
		vmfc_json_add_string(json, "why_no_lag", lag->reason);
	}
	vmfc_json_add_string(
		json, "meaning",
		"power at host time t + lag_seconds belongs to features at t; the lag is "
		"of the clocks and of all delays together");
	vmfc_json_end(json, '}');
}

typedef gboolean (*ColumnTest)(const VmfcColumns *columns, guint column);

static void
add_names(VmfcJson *json, const gchar *key, const VmfcColumns *columns, ColumnTest test)
{
	vmfc_json_begin(json, key, '[');
	for (guint i = 0; i < columns->names->len; i++) {
		if (test(columns, i))
			vmfc_json_add_string(json, NULL, vmfc_columns_get_name(columns, i));
	}
	vmfc_json_end(json, ']');
}

static void
add_range(VmfcJson *json, const gchar *name, const VmfcColumnRange *range)
{
	vmfc_json_begin(json, name, '{');
	add_count(json, "present", range->n_present);
	if (range->n_numbers > 0) {
		add_number(json, "min", range->lowest);
		add_number(json, "max", range->highest);
	}
	vmfc_json_end(json, '}');
}

/* Writes what has come so far into the file, so that it does not take memory. */
static gboolean
let_out(VmfcJson *json, VmfcAtomicFile *draft, GError **error)
{
	gboolean done = vmfc_atomic_file_add(draft, json->text->str, error);
	g_string_truncate(json->text, 0);
	return done && vmfc_atomic_file_settle(draft, error);
}

static void
add_ranges(VmfcJson *json, const VmfcColumns *columns, const VmfcColumnRange *labels)
{
	vmfc_json_begin(json, "columns", '{');
	for (guint i = 0; i < columns->names->len; i++)
		add_range(json, vmfc_columns_get_name(columns, i),
			  vmfc_columns_get_range(columns, i));
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (!columns->has_zone[i])
			continue;
		g_autofree gchar *name = g_strconcat("power_watts_", vmfc_power_get_zone_name(i),
						     NULL);
		add_range(json, name, &labels[i]);
	}
	vmfc_json_end(json, '}');
}

static void
add_split(VmfcJson *json, const VmfcJoin *join)
{
	if (join->options->test_share == 0)
		return;
	vmfc_json_begin(json, "split", '{');
	vmfc_json_add_string(json, "by", vmfc_join_describe_split(join));
	add_number(json, "wanted_share", join->options->test_share);
	vmfc_json_add_int(json, "seed", join->options->seed);
	add_count(json, "train", join->split.n_rows[VMFC_PART_TRAIN]);
	add_count(json, "test", join->split.n_rows[VMFC_PART_TEST]);
	add_count(json, "left_out_as_transitions", join->split.n_rows[VMFC_PART_NONE]);
	vmfc_json_end(json, '}');
}

/* Columns that other runs have. */
static void
add_lacking(VmfcJson *json, const VmfcJoin *join, const VmfcPair *pair)
{
	vmfc_json_begin(json, "columns_of_other_runs", '[');
	for (guint i = 0; i < join->columns.names->len; i++) {
		if (pair->origin.cells[i] < 0)
			vmfc_json_add_string(json, NULL, vmfc_columns_get_name(&join->columns, i));
	}
	vmfc_json_end(json, ']');
}

static gboolean
add_run(VmfcJson *json, const VmfcJoin *join, VmfcPair *pair, GError **error)
{
	if (!vmfc_pair_take_back(pair, error))
		return FALSE;
	vmfc_columns_find_origin(&join->columns, pair->features, &pair->origin);
	vmfc_json_begin(json, NULL, '{');
	vmfc_json_add_string(json, "run", pair->run);
	add_rows(json, &pair->quality);
	add_offset(json, pair, join->options->estimate_offset);
	add_features(json, pair);
	add_lacking(json, join, pair);
	add_power(json, pair);
	vmfc_json_end(json, '}');
	return vmfc_pair_put_aside(pair, error);
}

static gboolean
write_parts(VmfcJson *json, const VmfcJoin *join, VmfcAtomicFile *draft, GError **error)
{
	const VmfcPair *only = join->pairs->len == 1 ? join->pairs->pdata[0] : NULL;
	const VmfcColumns *columns = &join->columns;
	VmfcMergeStats sum;

	vmfc_join_add_up(join, &sum);
	vmfc_json_begin(json, NULL, '{');
	vmfc_json_add_string(json, "generator", "vmfc merge");
	vmfc_json_add_string(json, "version", VMFC_VERSION);
	add_rows(json, &sum);
	/* where there is one run, what is said of it stands here as well: readers know it here */
	if (only != NULL) {
		add_offset(json, only, join->options->estimate_offset);
		add_features(json, only);
		add_power(json, only);
	}
	add_split(json, join);
	add_names(json, "columns_never_present", columns, vmfc_columns_is_never_present);
	if (!let_out(json, draft, error))
		return FALSE;
	add_names(json, "columns_always_zero", columns, vmfc_columns_is_always_zero);
	if (!let_out(json, draft, error))
		return FALSE;
	add_ranges(json, columns, sum.labels);
	vmfc_json_begin(json, "runs", '[');
	for (guint i = 0; i < join->pairs->len; i++) {
		if (!let_out(json, draft, error) ||
		    !add_run(json, join, join->pairs->pdata[i], error))
			return FALSE;
	}
	vmfc_json_end(json, ']');
	vmfc_json_end(json, '}');
	return TRUE;
}

/* The report's file, a part after the other. */
gboolean
vmfc_merge_report_write(const VmfcJoin *join, VmfcAtomicFile *draft, GError **error)
{
	VmfcJson json;

	vmfc_json_init(&json);
	gboolean done = write_parts(&json, join, draft, error);
	g_autofree gchar *rest = vmfc_json_finish(&json);
	return done && vmfc_atomic_file_add(draft, rest, error) &&
	       vmfc_atomic_file_settle(draft, error);
}
