/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/merge-json.h"
#include "rows/power-column.h"

#include <math.h>

void
vmfc_merge_json_set_count(JsonObject *object, const gchar *key, guint64 value)
{
	json_object_set_int_member(object, key, (gint64)value);
}

void
vmfc_merge_json_set_time(JsonObject *object, const gchar *key, gdouble time)
{
	if (isnan(time)) {
		json_object_set_null_member(object, key);
		return;
	}
	g_autofree gchar *text = vmfc_row_clock_format(time);
	json_object_set_string_member(object, key, text);
}

JsonObject *
vmfc_merge_json_build_zone(const VmfcPowerZone *zone, guint index)
{
	JsonObject *object = json_object_new();
	g_autofree gchar *label = g_strconcat(VMFC_POWER_LABEL_PREFIX, vmfc_zone_get_name(index),
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

JsonObject *
vmfc_merge_json_build_rows(const VmfcMergeStats *quality)
{
	JsonObject *rows = json_object_new();
	JsonObject *unmatched = json_object_new();
	JsonObject *methods = json_object_new();

	for (guint i = 0; i < VMFC_N_UNMATCHED; i++)
		vmfc_merge_json_set_count(unmatched, vmfc_merge_stats_get_reason(i),
					  quality->n_unmatched[i]);
	for (guint i = VMFC_POWER_LABEL_NONE + 1; i < VMFC_N_POWER_LABELS; i++)
		vmfc_merge_json_set_count(methods, vmfc_power_label_get_method_name(i),
					  quality->n_methods[i]);
	vmfc_merge_json_set_count(rows, "matched", quality->n_matched);
	vmfc_merge_json_set_count(rows, "unmatched", quality->n_rows - quality->n_matched);
	json_object_set_object_member(rows, "unmatched_why", unmatched);
	vmfc_merge_json_set_count(rows, "inside_power", quality->n_inside);
	vmfc_merge_json_set_count(rows, "inside_power_matched", quality->n_inside_matched);
	json_object_set_object_member(rows, "methods", methods);
	vmfc_merge_json_set_count(rows, "stale_labels", quality->n_stale);
	vmfc_merge_json_set_count(rows, "labels_of_zero_while_busy", quality->n_still);
	json_object_set_double_member(rows, "time_diff_mean",
				      quality->time_diff_sum / (gdouble)quality->n_matched);
	json_object_set_double_member(rows, "time_diff_max", quality->time_diff_max);
	return rows;
}

JsonObject *
vmfc_merge_json_build_offset(const VmfcPair *pair, gboolean is_estimated)
{
	const VmfcLag *lag = &pair->lag;
	JsonObject *offset = json_object_new();

	json_object_set_double_member(offset, "applied_seconds", pair->power.shift);
	json_object_set_boolean_member(offset, "was_estimated", is_estimated);
	if (lag->is_found) {
		json_object_set_double_member(offset, "lag_seconds", lag->seconds);
		json_object_set_double_member(offset, "correlation", lag->correlation);
		json_object_set_double_member(offset, "correlation_of_changes", lag->detail);
		json_object_set_double_member(offset, "another_lag_seconds", lag->other);
		vmfc_merge_json_set_count(offset, "windows_looked_at", lag->n_windows);
	} else {
		json_object_set_null_member(offset, "lag_seconds");
		json_object_set_string_member(offset, "why_no_lag", lag->reason);
	}
	json_object_set_string_member(
		offset, "meaning",
		"power at host time t + lag_seconds belongs to features at t; the lag "
		"includes clock differences and all delays");
	return offset;
}

JsonObject *
vmfc_merge_json_build_split(const VmfcJoin *join)
{
	JsonObject *split = json_object_new();

	json_object_set_string_member(split, "by", vmfc_join_describe_split(join));
	json_object_set_double_member(split, "wanted_share", join->options->test_share);
	json_object_set_int_member(split, "seed", join->options->seed);
	vmfc_merge_json_set_count(split, "train", join->split.n_rows[VMFC_PART_TRAIN]);
	vmfc_merge_json_set_count(split, "test", join->split.n_rows[VMFC_PART_TEST]);
	vmfc_merge_json_set_count(split, "left_out_as_transitions",
				  join->split.n_rows[VMFC_PART_NONE]);
	return split;
}

/* Returns: (transfer full): the columns that other runs have, but this one does not */
JsonArray *
vmfc_merge_json_build_missing_columns(const VmfcColumns *columns, const VmfcPair *pair)
{
	JsonArray *names = json_array_new();

	for (guint i = 0; i < columns->names->len; i++) {
		if (pair->origin.cells[i] < 0)
			json_array_add_string_element(names, vmfc_columns_get_name(columns, i));
	}
	return names;
}

/* Writes the document's text so far to the file, to free the memory. */
gboolean
vmfc_merge_json_flush(VmfcDocument *document, VmfcAtomicFile *draft, GError **error)
{
	gboolean done = vmfc_atomic_file_add(draft, document->text->str, error);
	g_string_truncate(document->text, 0);
	return done && vmfc_atomic_file_settle(draft, error);
}
