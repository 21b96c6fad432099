/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/merge-report.h"

#include <math.h>

#include "config.h"
#include "rows/power-column.h"
#include "tools/merge/merge-json.h"

static void
set_file(JsonObject *object, const VmfcTable *table, const VmfcRowClock *clock)
{
	json_object_set_string_member(object, "file", table->source->path);
	json_object_set_string_member(object, "form", table->is_json ? "json" : "csv");
	json_object_set_boolean_member(object, "is_cut", table->is_cut);
	vmfc_merge_json_set_count(object, "rows_cut_off", table->n_cut_off);
	vmfc_merge_json_set_count(object, "rows_of_wrong_length", table->n_uneven);
	json_object_set_string_member(object, "time_column", vmfc_row_clock_get_name(clock->kind));
	if (clock->needs_zone)
		json_object_set_double_member(object, "assumed_utc_offset_seconds", clock->zone);
}

static JsonObject *
build_features(const VmfcPair *pair)
{
	const VmfcMergeStats *quality = &pair->quality;
	JsonObject *features = json_object_new();

	set_file(features, pair->features, &pair->clock);
	vmfc_merge_json_set_count(features, "rows", quality->n_rows);
	vmfc_merge_json_set_time(features, "first_window_begins", quality->first_time);
	vmfc_merge_json_set_time(features, "last_window_ends", quality->last_time);
	vmfc_merge_json_set_count(features, "gaps", quality->n_gaps);
	json_object_set_double_member(features, "longest_gap_seconds", quality->widest_gap);
	return features;
}

static void
set_zones(JsonObject *power, const VmfcPowerZone *zones)
{
	JsonObject *used = json_object_new();
	JsonArray *empty = json_array_new();
	JsonArray *still = json_array_new();

	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		const gchar *name = vmfc_zone_get_name(i);
		if (zones[i].column >= 0)
			json_object_set_object_member(used, name,
						      vmfc_merge_json_build_zone(&zones[i], i));
		if (zones[i].is_empty)
			json_array_add_string_element(empty, name);
		if (zones[i].is_still)
			json_array_add_string_element(still, name);
	}
	json_object_set_object_member(power, "zones", used);
	json_object_set_array_member(power, "zones_without_value", empty);
	json_object_set_array_member(power, "zones_standing_still", still);
	json_object_set_string_member(
		power, "zones_overlap",
		"core and uncore are parts of package, and psys contains package: "
		"never add up zones");
}

static JsonObject *
build_power(const VmfcPair *pair)
{
	const VmfcPower *power = &pair->power;
	JsonObject *object = json_object_new();

	set_file(object, power->table, &power->clock);
	vmfc_merge_json_set_count(object, "rows", power->n_rows);
	vmfc_merge_json_set_time(object, "begins", power->first_time + power->shift);
	vmfc_merge_json_set_time(object, "ends", power->last_time + power->shift);
	json_object_set_double_member(object, "step_seconds", power->step);
	json_object_set_double_member(object, "longest_bridged_gap_seconds", power->max_gap);
	vmfc_merge_json_set_count(object, "gaps", power->n_gaps);
	json_object_set_double_member(object, "longest_gap_seconds", power->widest_gap);
	vmfc_merge_json_set_count(object, "rows_without_power", power->n_no_value);
	vmfc_merge_json_set_count(object, "rows_without_virtual_machine", power->n_no_vm);
	vmfc_merge_json_set_count(object, "impossible_values", power->n_impossible);
	vmfc_merge_json_set_count(object, "values_standing_still", power->n_still);
	vmfc_merge_json_set_count(object, "values_without_number", power->n_texts);
	vmfc_merge_json_set_count(object, "rows_without_time", power->n_no_time);
	vmfc_merge_json_set_count(object, "rows_out_of_order", power->n_unordered);
	vmfc_merge_json_set_count(object, "rows_of_duplicate_time", power->n_same_time);
	vmfc_merge_json_set_count(object, "repeated_values", power->n_repeated);
	set_zones(object, power->zones);
	return object;
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

	vmfc_merge_json_set_count(object, "present", range->n_present);
	if (range->n_numbers > 0) {
		json_object_set_double_member(object, "min", range->lowest);
		json_object_set_double_member(object, "max", range->highest);
	}
	return object;
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
		g_autofree gchar *name = g_strconcat(VMFC_POWER_LABEL_PREFIX, vmfc_zone_get_name(i),
						     NULL);
		vmfc_document_add_object(document, name, build_range(&labels[i]));
	}
	vmfc_document_end(document, '}');
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
	json_object_set_object_member(run, "rows", vmfc_merge_json_build_rows(&pair->quality));
	json_object_set_object_member(
		run, "offset", vmfc_merge_json_build_offset(pair, join->options->estimate_offset));
	json_object_set_object_member(run, "features", build_features(pair));
	json_object_set_array_member(run, "columns_of_other_runs",
				     vmfc_merge_json_build_missing_columns(&join->columns, pair));
	json_object_set_object_member(run, "power", build_power(pair));
	vmfc_document_add_object(document, NULL, run);
	return vmfc_pair_put_aside(pair, error);
}

static gboolean
write_parts(VmfcDocument *document, const VmfcJoin *join, VmfcAtomicFile *draft, GError **error)
{
	const VmfcPair *only = NULL;
	const VmfcColumns *columns = &join->columns;
	VmfcMergeStats sum;

	if (join->pairs->len == 1) {
		only = join->pairs->pdata[0];
		g_assert(only != NULL);
	}

	vmfc_join_add_up(join, &sum);
	vmfc_document_begin(document, NULL, '{');
	vmfc_document_add_string(document, "generator", "vmfc merge");
	vmfc_document_add_string(document, "version", VMFC_VERSION);
	vmfc_document_add_object(document, "rows", vmfc_merge_json_build_rows(&sum));
	/* for a single run also here, because readers expect these members here */
	if (only != NULL) {
		vmfc_document_add_object(
			document, "offset",
			vmfc_merge_json_build_offset(only, join->options->estimate_offset));
		vmfc_document_add_object(document, "features", build_features(only));
		vmfc_document_add_object(document, "power", build_power(only));
	}
	if (join->options->test_share > 0)
		vmfc_document_add_object(document, "split", vmfc_merge_json_build_split(join));
	vmfc_document_add(document, "columns_never_present",
			  build_names(columns, vmfc_columns_is_never_present));
	if (!vmfc_merge_json_flush(document, draft, error))
		return FALSE;
	vmfc_document_add(document, "columns_always_zero",
			  build_names(columns, vmfc_columns_is_always_zero));
	if (!vmfc_merge_json_flush(document, draft, error))
		return FALSE;
	add_ranges(document, columns, sum.labels);
	vmfc_document_begin(document, "runs", '[');
	for (guint i = 0; i < join->pairs->len; i++) {
		if (!vmfc_merge_json_flush(document, draft, error) ||
		    !add_run(document, join, join->pairs->pdata[i], error))
			return FALSE;
	}
	vmfc_document_end(document, ']');
	vmfc_document_end(document, '}');
	return vmfc_merge_json_flush(document, draft, error);
}

/* Writes the report, part by part. */
gboolean
vmfc_merge_report_write(const VmfcJoin *join, VmfcAtomicFile *draft, GError **error)
{
	g_auto(VmfcDocument) document;

	vmfc_document_init(&document);
	return write_parts(&document, join, draft, error);
}
