/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/merge-report.h"

#include <math.h>

#include "config.h"
#include "base/document.h"

static void
set_number(JsonObject *object, const gchar *key, gdouble value)
{
	if (isfinite(value))
		json_object_set_double_member(object, key, value);
	else
		json_object_set_null_member(object, key);
}

static void
set_count(JsonObject *object, const gchar *key, guint64 value)
{
	json_object_set_int_member(object, key, (gint64)value);
}

static void
set_time(JsonObject *object, const gchar *key, gdouble time)
{
	if (isnan(time)) {
		json_object_set_null_member(object, key);
		return;
	}
	g_autofree gchar *text = vmfc_row_clock_format(time);
	json_object_set_string_member(object, key, text);
}

static void
set_file(JsonObject *object, const VmfcTable *table, const VmfcRowClock *clock)
{
	json_object_set_string_member(object, "file", table->source->path);
	json_object_set_string_member(object, "form", table->is_json ? "json" : "csv");
	json_object_set_boolean_member(object, "is_cut", table->is_cut);
	set_count(object, "rows_cut_off", table->n_cut_off);
	set_count(object, "rows_of_wrong_length", table->n_uneven);
	json_object_set_string_member(object, "time_column", vmfc_row_clock_get_name(clock->kind));
	if (clock->needs_zone)
		set_number(object, "assumed_utc_offset_seconds", clock->zone);
}

static JsonObject *
build_features(const VmfcPair *pair)
{
	const VmfcMergeStats *quality = &pair->quality;
	JsonObject *features = json_object_new();

	set_file(features, pair->features, &pair->clock);
	set_count(features, "rows", quality->n_rows);
	set_time(features, "first_window_begins", quality->first_time);
	set_time(features, "last_window_ends", quality->last_time);
	set_count(features, "gaps", quality->n_gaps);
	set_number(features, "longest_gap_seconds", quality->widest_gap);
	return features;
}

static JsonObject *
build_zone(const VmfcPowerZone *zone, guint index)
{
	JsonObject *object = json_object_new();
	g_autofree gchar *label = g_strconcat("power_watts_", vmfc_power_get_zone_name(index),
					      NULL);
	g_autofree gchar *column = vmfc_power_build_column(zone->source, index);

	json_object_set_string_member(object, "label", label);
	json_object_set_string_member(object, "from_column", column);
	json_object_set_string_member(object, "measures",
				      zone->source == VMFC_POWER_ENERGY ? "energy of each window"
				      : zone->source == VMFC_POWER_MEAN ? "average of each window"
									: "power at an instant");
	return object;
}

static void
set_zones(JsonObject *power, const VmfcPowerZone *zones)
{
	JsonObject *used = json_object_new();
	JsonArray *empty = json_array_new();
	JsonArray *still = json_array_new();

	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		const gchar *name = vmfc_power_get_zone_name(i);
		if (zones[i].column >= 0)
			json_object_set_object_member(used, name, build_zone(&zones[i], i));
		if (zones[i].is_empty)
			json_array_add_string_element(empty, name);
		if (zones[i].is_still)
			json_array_add_string_element(still, name);
	}
	json_object_set_object_member(power, "zones", used);
	json_object_set_array_member(power, "zones_without_value", empty);
	json_object_set_array_member(power, "zones_standing_still", still);
	json_object_set_string_member(power, "zones_overlap",
				      "core and uncore lie inside package, and psys holds package: "
				      "zones are never to be added up");
}

static JsonObject *
build_power(const VmfcPair *pair)
{
	const VmfcPower *power = &pair->power;
	JsonObject *object = json_object_new();

	set_file(object, power->table, &power->clock);
	set_count(object, "rows", power->n_rows);
	set_time(object, "begins", power->first_time + power->shift);
	set_time(object, "ends", power->last_time + power->shift);
	set_number(object, "step_seconds", power->step);
	set_number(object, "longest_bridged_gap_seconds", power->longest_gap);
	set_count(object, "gaps", power->n_gaps);
	set_number(object, "longest_gap_seconds", power->widest_gap);
	set_count(object, "rows_without_power", power->n_no_value);
	set_count(object, "rows_without_virtual_machine", power->n_no_vm);
	set_count(object, "impossible_values", power->n_impossible);
	set_count(object, "values_standing_still", power->n_still);
	set_count(object, "values_without_number", power->n_texts);
	set_count(object, "rows_without_time", power->n_no_time);
	set_count(object, "rows_out_of_order", power->n_unordered);
	set_count(object, "rows_of_duplicate_time", power->n_same_time);
	set_count(object, "repeated_values", power->n_repeated);
	set_zones(object, power->zones);
	return object;
}

static JsonObject *
build_rows(const VmfcMergeStats *quality)
{
	JsonObject *rows = json_object_new();
	JsonObject *unmatched = json_object_new();
	JsonObject *methods = json_object_new();

	for (guint i = 0; i < VMFC_N_UNMATCHED; i++)
		set_count(unmatched, vmfc_merge_stats_get_reason(i), quality->n_unmatched[i]);
	for (guint i = VMFC_POWER_LABEL_NONE + 1; i < VMFC_N_POWER_LABELS; i++)
		set_count(methods, vmfc_power_label_get_method_name(i), quality->n_methods[i]);
	set_count(rows, "matched", quality->n_matched);
	set_count(rows, "unmatched", quality->n_rows - quality->n_matched);
	json_object_set_object_member(rows, "unmatched_why", unmatched);
	set_count(rows, "inside_power", quality->n_inside);
	set_count(rows, "inside_power_matched", quality->n_inside_matched);
	json_object_set_object_member(rows, "methods", methods);
	set_count(rows, "stale_labels", quality->n_stale);
	set_count(rows, "labels_of_zero_while_busy", quality->n_still);
	set_number(rows, "time_diff_mean", quality->time_diff_sum / (gdouble)quality->n_matched);
	set_number(rows, "time_diff_max", quality->time_diff_max);
	return rows;
}

static JsonObject *
build_offset(const VmfcPair *pair, gboolean is_estimated)
{
	const VmfcLag *lag = &pair->lag;
	JsonObject *offset = json_object_new();

	set_number(offset, "applied_seconds", pair->power.shift);
	json_object_set_boolean_member(offset, "was_estimated", is_estimated);
	if (lag->is_found) {
		set_number(offset, "lag_seconds", lag->seconds);
		set_number(offset, "correlation", lag->correlation);
		set_number(offset, "correlation_of_changes", lag->detail);
		set_number(offset, "another_lag_seconds", lag->other);
		set_count(offset, "windows_looked_at", lag->n_windows);
	} else {
		json_object_set_null_member(offset, "lag_seconds");
		json_object_set_string_member(offset, "why_no_lag", lag->reason);
	}
	json_object_set_string_member(
		offset, "meaning",
		"power at host time t + lag_seconds belongs to features at t; the lag is "
		"of the clocks and of all delays together");
	return offset;
}

typedef gboolean (*ColumnTest)(const VmfcColumns *columns, guint column);

static JsonNode *
build_names(const VmfcColumns *columns, ColumnTest test)
{
	JsonArray *names = json_array_new();

	for (guint i = 0; i < columns->names->len; i++) {
		if (test(columns, i))
			json_array_add_string_element(names, vmfc_columns_get_name(columns, i));
	}
	return json_node_init_array(json_node_alloc(), names);
}

static JsonObject *
build_range(const VmfcColumnRange *range)
{
	JsonObject *object = json_object_new();

	set_count(object, "present", range->n_present);
	if (range->n_numbers > 0) {
		set_number(object, "min", range->lowest);
		set_number(object, "max", range->highest);
	}
	return object;
}

/* Writes what has come so far into the file, so that it does not take memory. */
static gboolean
let_out(VmfcDocument *document, VmfcAtomicFile *draft, GError **error)
{
	gboolean done = vmfc_atomic_file_add(draft, document->text->str, error);
	g_string_truncate(document->text, 0);
	return done && vmfc_atomic_file_settle(draft, error);
}

static void
add_ranges(VmfcDocument *document, const VmfcColumns *columns, const VmfcColumnRange *labels)
{
	vmfc_document_begin(document, "columns", '{');
	for (guint i = 0; i < columns->names->len; i++)
		vmfc_document_add_object(document, vmfc_columns_get_name(columns, i),
					 build_range(vmfc_columns_get_range(columns, i)));
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (!columns->has_zone[i])
			continue;
		g_autofree gchar *name = g_strconcat("power_watts_", vmfc_power_get_zone_name(i),
						     NULL);
		vmfc_document_add_object(document, name, build_range(&labels[i]));
	}
	vmfc_document_end(document, '}');
}

static JsonObject *
build_split(const VmfcJoin *join)
{
	JsonObject *split = json_object_new();

	json_object_set_string_member(split, "by", vmfc_join_describe_split(join));
	set_number(split, "wanted_share", join->options->test_share);
	json_object_set_int_member(split, "seed", join->options->seed);
	set_count(split, "train", join->split.n_rows[VMFC_PART_TRAIN]);
	set_count(split, "test", join->split.n_rows[VMFC_PART_TEST]);
	set_count(split, "left_out_as_transitions", join->split.n_rows[VMFC_PART_NONE]);
	return split;
}

/* Columns that other runs have. */
static JsonArray *
build_lacking(const VmfcColumns *columns, const VmfcPair *pair)
{
	JsonArray *names = json_array_new();

	for (guint i = 0; i < columns->names->len; i++) {
		if (pair->origin.cells[i] < 0)
			json_array_add_string_element(names, vmfc_columns_get_name(columns, i));
	}
	return names;
}

static gboolean
add_run(VmfcDocument *document, const VmfcJoin *join, VmfcPair *pair, GError **error)
{
	JsonObject *run = json_object_new();

	if (!vmfc_pair_take_back(pair, error)) {
		json_object_unref(run);
		return FALSE;
	}
	vmfc_columns_find_origin(&join->columns, pair->features, &pair->origin);
	json_object_set_string_member(run, "run", pair->run);
	json_object_set_object_member(run, "rows", build_rows(&pair->quality));
	json_object_set_object_member(run, "offset",
				      build_offset(pair, join->options->estimate_offset));
	json_object_set_object_member(run, "features", build_features(pair));
	json_object_set_array_member(run, "columns_of_other_runs",
				     build_lacking(&join->columns, pair));
	json_object_set_object_member(run, "power", build_power(pair));
	vmfc_document_add_object(document, NULL, run);
	return vmfc_pair_put_aside(pair, error);
}

static gboolean
write_parts(VmfcDocument *document, const VmfcJoin *join, VmfcAtomicFile *draft, GError **error)
{
	const VmfcPair *only = join->pairs->len == 1 ? join->pairs->pdata[0] : NULL;
	const VmfcColumns *columns = &join->columns;
	VmfcMergeStats sum;

	vmfc_join_add_up(join, &sum);
	vmfc_document_begin(document, NULL, '{');
	vmfc_document_add_string(document, "generator", "vmfc merge");
	vmfc_document_add_string(document, "version", VMFC_VERSION);
	vmfc_document_add_object(document, "rows", build_rows(&sum));
	/* where there is one run, what is said of it stands here as well: readers know it here */
	if (only != NULL) {
		vmfc_document_add_object(document, "offset",
					 build_offset(only, join->options->estimate_offset));
		vmfc_document_add_object(document, "features", build_features(only));
		vmfc_document_add_object(document, "power", build_power(only));
	}
	if (join->options->test_share > 0)
		vmfc_document_add_object(document, "split", build_split(join));
	vmfc_document_add(document, "columns_never_present",
			  build_names(columns, vmfc_columns_is_never_present));
	if (!let_out(document, draft, error))
		return FALSE;
	vmfc_document_add(document, "columns_always_zero",
			  build_names(columns, vmfc_columns_is_always_zero));
	if (!let_out(document, draft, error))
		return FALSE;
	add_ranges(document, columns, sum.labels);
	vmfc_document_begin(document, "runs", '[');
	for (guint i = 0; i < join->pairs->len; i++) {
		if (!let_out(document, draft, error) ||
		    !add_run(document, join, join->pairs->pdata[i], error))
			return FALSE;
	}
	vmfc_document_end(document, ']');
	vmfc_document_end(document, '}');
	return let_out(document, draft, error);
}

/* The report's file, a part after the other. */
gboolean
vmfc_merge_report_write(const VmfcJoin *join, VmfcAtomicFile *draft, GError **error)
{
	g_auto(VmfcDocument) document;

	vmfc_document_init(&document);
	return write_parts(&document, join, draft, error);
}
