/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/merge/training-meta.h"

#include "base/file-hash.h"
#include "config.h"
#include "rows/column-role.h"
#include "rows/power-column.h"
#include "tools/merge/merge-json.h"

#define ZONE(zone) (1U << VMFC_ZONE_##zone)

/* Which zones measure a part of the same power: core and uncore are parts of package, and psys
 * contains all. */
static const guint overlaps[VMFC_N_ZONES] = {
	[VMFC_ZONE_PACKAGE] = ZONE(CORE) | ZONE(UNCORE) | ZONE(PSYS),
	[VMFC_ZONE_CORE] = ZONE(PACKAGE) | ZONE(PSYS),
	[VMFC_ZONE_DRAM] = ZONE(PSYS),
	[VMFC_ZONE_UNCORE] = ZONE(PACKAGE) | ZONE(PSYS),
	[VMFC_ZONE_PSYS] = ZONE(PACKAGE) | ZONE(CORE) | ZONE(DRAM) | ZONE(UNCORE),
};

/* -------------------------------------------------------------- columns */

static JsonObject *
build_column(const gchar *name, const gchar *unit, const gchar *kind, const gchar *type,
	     VmfcRole role)
{
	JsonObject *column = json_object_new();

	json_object_set_string_member(column, "name", name);
	json_object_set_string_member(column, "unit", unit);
	json_object_set_string_member(column, "kind", kind);
	json_object_set_string_member(column, "type", type);
	json_object_set_string_member(column, "role", vmfc_role_to_string(role));
	return column;
}

static void
set_origin(JsonObject *column, const gchar *plugin, const gchar *source, const gchar *description)
{
	json_object_set_string_member(column, "plugin", plugin);
	json_object_set_string_member(column, "source", source);
	json_object_set_string_member(column, "description", description);
}

static JsonObject *
build_feature(const VmfcColumns *columns, guint index)
{
	const gchar *name = vmfc_columns_get_name(columns, index);
	const VmfcColumnFacts *facts = vmfc_columns_get_facts(columns, index);
	const VmfcColumnRange *range = vmfc_columns_get_range(columns, index);
	const VmfcKnownColumn *known = facts == NULL ? vmfc_known_column_find(name) : NULL;
	gboolean is_text = range->n_present > 0 && range->n_numbers == 0;
	const gchar *unit = facts != NULL ? facts->unit : known != NULL ? known->unit : NULL;
	const gchar *kind = facts != NULL   ? facts->kind
			    : known != NULL ? known->kind
			    : is_text	    ? "label"
					    : "gauge";

	JsonObject *column = build_column(name, unit, kind, facts != NULL ? facts->type : NULL,
					  vmfc_role_find(name, unit, kind, is_text));
	if (facts != NULL)
		set_origin(column, facts->plugin, facts->source, facts->description);
	else
		set_origin(column, NULL, NULL, NULL);
	json_object_set_string_member(column, "known_from",
				      facts != NULL   ? "meta file"
				      : known != NULL ? "name"
						      : "nothing");
	return column;
}

static JsonObject *
build_own(const gchar *name, const gchar *unit, const gchar *kind, const gchar *type,
	  const gchar *source, const gchar *description)
{
	VmfcRole role = g_str_equal(name, "run") ? VMFC_ROLE_WORKLOAD : VMFC_ROLE_LABEL;
	JsonObject *column = build_column(name, unit, kind, type, role);

	set_origin(column, "merge", source, description);
	return column;
}

static gchar *
build_label_name(guint zone)
{
	return g_strconcat(VMFC_POWER_LABEL_PREFIX, vmfc_zone_get_name(zone), NULL);
}

/* Returns: (transfer full): the columns of power for the zone's labels, of all runs */
static gchar *
list_sources(const VmfcJoin *join, guint zone)
{
	gboolean is_used[VMFC_N_POWER_SOURCES] = {FALSE};
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; i < join->pairs->len; i++) {
		const VmfcPair *pair = join->pairs->pdata[i];
		if (pair->power.zones[zone].column >= 0)
			is_used[pair->power.zones[zone].source] = TRUE;
	}
	for (guint i = 0; i < VMFC_N_POWER_SOURCES; i++) {
		g_autofree gchar *column = vmfc_power_build_column(i, zone);
		if (is_used[i])
			g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", column);
	}
	return g_string_free(g_steal_pointer(&list), FALSE);
}

static JsonObject *
build_label(const VmfcJoin *join, guint zone)
{
	g_autofree gchar *name = build_label_name(zone);
	g_autofree gchar *source = list_sources(join, zone);
	JsonArray *others = json_array_new();
	JsonObject *label = build_own(name, "W", "gauge", "float", source,
				      "mean power of the machine in the window");

	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		g_autofree gchar *other = build_label_name(i);
		if (join->columns.has_zone[i] && (overlaps[zone] & 1U << i) != 0)
			json_array_add_string_element(others, other);
	}
	json_object_set_string_member(label, "zone", vmfc_zone_get_name(zone));
	json_object_set_array_member(label, "overlaps", others);
	return label;
}

/* Adds the columns in the order of the files. */
static gboolean
add_columns(VmfcDocument *document, const VmfcJoin *join, VmfcAtomicFile *draft, GError **error)
{
	vmfc_document_begin(document, "columns", '[');
	vmfc_document_add_object(document, NULL,
				 build_own("run", "", "label", "string", "--features",
					   "which pair of files the row is from"));
	for (guint i = 0; i < join->columns.names->len; i++) {
		vmfc_document_add_object(document, NULL, build_feature(&join->columns, i));
		if (!vmfc_merge_json_flush(document, draft, error))
			return FALSE;
	}
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (join->columns.has_zone[i])
			vmfc_document_add_object(document, NULL, build_label(join, i));
	}
	vmfc_document_add_object(
		document, NULL,
		build_own("time_diff", "s", "label", "float", "--power",
			  "from the end of the window to the nearest power value"));
	vmfc_document_add_object(document, NULL,
				 build_own("power_method", "", "label", "string", "--power",
					   "how the first zone that has a label got it"));
	vmfc_document_add_object(document, NULL,
				 build_own("power_stale", "", "label", "bool", "--power",
					   "whether the window has no new power value"));
	vmfc_document_end(document, ']');
	return TRUE;
}

/* ------------------------------------------------------------- left out */

static void
add_rows_left_out(VmfcDocument *document, const VmfcMergeStats *stats)
{
	vmfc_document_begin(document, "rows", '[');
	for (guint i = 0; i < VMFC_N_UNMATCHED; i++) {
		if (stats->n_unmatched[i] == 0)
			continue;
		JsonObject *object = json_object_new();
		json_object_set_string_member(object, "reason", vmfc_merge_stats_get_reason(i));
		vmfc_merge_json_set_count(object, "rows", stats->n_unmatched[i]);
		g_autofree gchar *why = g_strconcat("they ", vmfc_merge_stats_get_reason_text(i),
						    NULL);
		json_object_set_string_member(object, "why", why);
		vmfc_document_add_object(document, NULL, object);
	}
	vmfc_document_end(document, ']');
}

static JsonObject *
build_never_present(const VmfcColumns *columns, guint column)
{
	const VmfcColumnFacts *facts = vmfc_columns_get_facts(columns, column);
	JsonObject *object = json_object_new();
	const gchar *why = facts != NULL ? facts->reason : NULL;

	if (why == NULL)
		why = vmfc_columns_is_always_zero(columns, column)
			      ? "it is 0 in every row, which is impossible for a running machine"
			      : "no row has a value";
	json_object_set_string_member(object, "name", vmfc_columns_get_name(columns, column));
	json_object_set_string_member(object, "why", why);
	return object;
}

/* Returns: (nullable): why a zone has no label, from the first run that has the zone */
static const gchar *
explain_zone(const VmfcJoin *join, guint zone)
{
	for (guint i = 0; i < join->pairs->len; i++) {
		const VmfcPair *pair = join->pairs->pdata[i];
		if (pair->power.zones[zone].is_empty)
			return "no row of the power file has a value";
		if (pair->power.zones[zone].is_still)
			return "it is 0 in every row of the power file, so the meter seems to be "
			       "stuck";
	}
	return NULL;
}

static void
add_zones_left_out(VmfcDocument *document, const VmfcJoin *join)
{
	vmfc_document_begin(document, "zones", '[');
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		const gchar *why = explain_zone(join, i);
		if (join->columns.has_zone[i] || why == NULL)
			continue;
		JsonObject *object = json_object_new();
		json_object_set_string_member(object, "zone", vmfc_zone_get_name(i));
		json_object_set_string_member(object, "why", why);
		vmfc_document_add_object(document, NULL, object);
	}
	vmfc_document_end(document, ']');
}

static gboolean
add_left_out(VmfcDocument *document, const VmfcJoin *join, const VmfcMergeStats *sum,
	     VmfcAtomicFile *draft, GError **error)
{
	vmfc_document_begin(document, "left_out", '{');
	add_rows_left_out(document, sum);
	add_zones_left_out(document, join);
	vmfc_document_begin(document, "columns_never_present", '[');
	for (guint i = 0; i < join->columns.names->len; i++) {
		if (!vmfc_columns_is_never_present(&join->columns, i))
			continue;
		vmfc_document_add_object(document, NULL, build_never_present(&join->columns, i));
		if (!vmfc_merge_json_flush(document, draft, error))
			return FALSE;
	}
	vmfc_document_end(document, ']');
	vmfc_document_end(document, '}');
	return TRUE;
}

/* ----------------------------------------------------------------- runs */

static JsonArray *
build_curve_values(const VmfcLagCurve *curve,
		   gdouble (*get)(const VmfcLagCurve *curve, guint index))
{
	JsonArray *values = json_array_new();

	for (guint i = 0; i < curve->n; i++)
		json_array_add_double_element(values, get(curve, i));
	return values;
}

static JsonObject *
build_lag(const VmfcPair *pair, gboolean is_estimated)
{
	const VmfcLagCurve *curve = &pair->lag.curve;
	JsonObject *lag = vmfc_merge_json_build_offset(pair, is_estimated);

	if (curve->n == 0)
		return lag;
	JsonObject *object = json_object_new();
	json_object_set_double_member(object, "first_lag_seconds", curve->first);
	json_object_set_double_member(object, "step_seconds", curve->step);
	json_object_set_array_member(object, "correlation",
				     build_curve_values(curve, vmfc_lag_curve_get_whole));
	json_object_set_array_member(object, "correlation_of_changes",
				     build_curve_values(curve, vmfc_lag_curve_get_detail));
	json_object_set_object_member(lag, "curve", object);
	return lag;
}

/* Copies the facts about the run from the meta file of an input; null for missing ones. */
static void
copy_run(JsonObject *input, JsonObject *meta)
{
	static const gchar *const keys[] = {"version", "start_time", "interval",       "workload",
					    "seed",    "shuffle",    "common_windows", "machine"};

	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		JsonNode *node = meta != NULL ? json_object_get_member(meta, keys[i]) : NULL;
		if (node != NULL)
			json_object_set_member(input, keys[i], json_node_copy(node));
		else
			json_object_set_null_member(input, keys[i]);
	}
}

static JsonObject *
build_input(const VmfcTable *table, const gchar *hash, const VmfcInputMeta *meta)
{
	JsonObject *input = json_object_new();
	g_autofree gchar *name = g_path_get_basename(table->source->path);
	g_autofree gchar *meta_name = g_path_get_basename(meta->path);
	g_autoptr(JsonNode) root = vmfc_input_meta_read_again(meta);

	json_object_set_string_member(input, "file", name);
	json_object_set_string_member(input, "sha256", hash);
	json_object_set_string_member(input, "meta_file", root != NULL ? meta_name : NULL);
	if (root == NULL)
		json_object_set_string_member(input, "why_no_meta_file", meta->reason);
	copy_run(input, root != NULL ? json_node_get_object(root) : NULL);
	return input;
}

static JsonObject *
build_zones(const VmfcPower *power)
{
	JsonObject *zones = json_object_new();

	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		if (power->zones[i].column >= 0)
			json_object_set_object_member(
				zones, vmfc_zone_get_name(i),
				vmfc_merge_json_build_zone(&power->zones[i], i));
	}
	return zones;
}

static JsonObject *
build_power(const VmfcPair *pair, const gchar *hash)
{
	JsonObject *power = build_input(pair->power.table, hash, &pair->power_meta);

	vmfc_merge_json_set_count(power, "rows", pair->power.n_rows);
	json_object_set_double_member(power, "step_seconds", pair->power.step);
	json_object_set_object_member(power, "zones", build_zones(&pair->power));
	return power;
}

static JsonObject *
build_features(const VmfcPair *pair, const gchar *hash)
{
	JsonObject *features = build_input(pair->features, hash, &pair->features_meta);

	vmfc_merge_json_set_count(features, "rows", pair->quality.n_rows);
	vmfc_merge_json_set_time(features, "first_window_begins", pair->quality.first_time);
	vmfc_merge_json_set_time(features, "last_window_ends", pair->quality.last_time);
	return features;
}

static gchar *
hash_table(const VmfcTable *table, GError **error)
{
	return vmfc_file_hash(table->source->fd, table->source->path, error);
}

/* @power_hash: (inout): of the previous run, which may have the same power file */
static gboolean
add_run(VmfcDocument *document, const VmfcJoin *join, VmfcPair *pair, gchar **power_hash,
	GError **error)
{
	gboolean is_same_power = *power_hash != NULL && join->options->power[1] == NULL;
	g_autofree gchar *features_hash = hash_table(pair->features, error);

	if (features_hash == NULL)
		return FALSE;
	if (!is_same_power) {
		g_free(*power_hash);
		*power_hash = hash_table(pair->power.table, error);
	}
	if (*power_hash == NULL || !vmfc_pair_take_back(pair, error))
		return FALSE;
	vmfc_columns_find_origin(&join->columns, pair->features, &pair->origin);
	JsonObject *run = json_object_new();
	json_object_set_string_member(run, "run", pair->run);
	json_object_set_object_member(run, "features", build_features(pair, features_hash));
	json_object_set_object_member(run, "power", build_power(pair, *power_hash));
	json_object_set_object_member(run, "rows", vmfc_merge_json_build_rows(&pair->quality));
	json_object_set_object_member(run, "offset",
				      build_lag(pair, join->options->estimate_offset));
	json_object_set_array_member(run, "columns_of_other_runs",
				     vmfc_merge_json_build_missing_columns(&join->columns, pair));
	vmfc_document_add_object(document, NULL, run);
	return vmfc_pair_put_aside(pair, error);
}

static gboolean
add_runs(VmfcDocument *document, const VmfcJoin *join, VmfcAtomicFile *draft, GError **error)
{
	g_autofree gchar *power_hash = NULL;

	vmfc_document_begin(document, "runs", '[');
	for (guint i = 0; i < join->pairs->len; i++) {
		if (!add_run(document, join, join->pairs->pdata[i], &power_hash, error) ||
		    !vmfc_merge_json_flush(document, draft, error))
			return FALSE;
	}
	vmfc_document_end(document, ']');
	return TRUE;
}

/* ------------------------------------------------------------- document */

static JsonObject *
build_options(const VmfcMergeArguments *options)
{
	JsonObject *object = json_object_new();

	json_object_set_double_member(object, "tolerance", options->tolerance);
	json_object_set_double_member(object, "offset", options->offset);
	json_object_set_boolean_member(object, "estimate_offset", options->estimate_offset);
	json_object_set_double_member(object, "max_lag", options->max_lag);
	json_object_set_double_member(object, "max_gap", options->max_gap);
	json_object_set_double_member(object, "min_power_threshold", options->min_power);
	return object;
}

/* Writes NAME.meta.json of the training set, part by part. */
gboolean
vmfc_training_meta_write(const VmfcJoin *join, VmfcAtomicFile *draft, GError **error)
{
	g_auto(VmfcDocument) document;
	VmfcMergeStats sum;

	vmfc_document_init(&document);
	vmfc_join_add_up(join, &sum);
	vmfc_document_begin(&document, NULL, '{');
	vmfc_document_add_string(&document, "generator", "vmfc merge");
	vmfc_document_add_string(&document, "version", VMFC_VERSION);
	vmfc_document_add_object(&document, "options", build_options(join->options));
	vmfc_document_add_object(&document, "rows", vmfc_merge_json_build_rows(&sum));
	if (join->options->test_share > 0)
		vmfc_document_add_object(&document, "split", vmfc_merge_json_build_split(join));
	if (!add_columns(&document, join, draft, error) ||
	    !add_left_out(&document, join, &sum, draft, error) ||
	    !add_runs(&document, join, draft, error))
		return FALSE;
	vmfc_document_end(&document, '}');
	return vmfc_merge_json_flush(&document, draft, error);
}
