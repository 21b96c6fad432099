/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/meta.h"

#include "config.h"
#include "base/document.h"
#include "base/mask.h"
#include "record/column-words.h"

#define NS_PER_S 1e9

/* The text comes from the user or a plugin and may have a password. Users share meta files. */
static void
set_masked(JsonObject *object, const gchar *key, const gchar *text)
{
	g_autofree gchar *masked = vmfc_mask(text);
	json_object_set_string_member(object, key, masked);
}

static void
set_count(JsonObject *object, const gchar *key, guint64 value)
{
	json_object_set_int_member(object, key, (gint64)value);
}

/* Adds the number of windows in which the column was missing, for each reason. */
static void
set_missing(JsonObject *column, const VmfcDeclaration *declaration, const VmfcSummary *summary)
{
	g_autoptr(JsonArray) missing = json_array_new();

	for (guint i = 0; i < VMFC_N_REASONS; i++) {
		guint64 n_windows = vmfc_summary_get_n_missing(summary, declaration->index, i);
		if (n_windows == 0)
			continue;
		JsonObject *reason = json_object_new();
		set_masked(reason, "reason", declaration->reasons[i].text);
		set_count(reason, "windows", n_windows);
		json_array_add_object_element(missing, reason);
	}
	if (json_array_get_length(missing) > 0)
		json_object_set_array_member(column, "missing", g_steal_pointer(&missing));
}

/* @summary: (nullable): of the records so far */
static JsonObject *
build_column(const VmfcDeclaration *declaration, const VmfcSummary *summary)
{
	JsonObject *column = json_object_new();

	json_object_set_string_member(column, "name", declaration->column.name);
	json_object_set_string_member(column, "unit", declaration->column.unit);
	json_object_set_string_member(column, "kind",
				      vmfc_kind_to_string(declaration->column.kind));
	json_object_set_string_member(column, "type",
				      vmfc_type_to_string(declaration->column.type));
	json_object_set_string_member(column, "plugin", declaration->plugin);
	json_object_set_string_member(column, "source", declaration->column.source);
	json_object_set_string_member(column, "description", declaration->column.description);
	json_object_set_string_member(column, "state", vmfc_state_to_string(declaration->state));
	/* in the state ok the reason is that of single windows, see set_missing() */
	gboolean is_ok = declaration->state == VMFC_STATE_OK;
	if (declaration->reason != NULL && !is_ok)
		set_masked(column, "reason", declaration->reason);
	if (declaration->remedy != NULL && !is_ok)
		set_masked(column, "remedy", declaration->remedy);
	for (guint i = 0; i < declaration->facts->len; i += 2)
		set_masked(column, declaration->facts->pdata[i], declaration->facts->pdata[i + 1]);
	if (summary != NULL)
		set_missing(column, declaration, summary);
	return column;
}

static JsonArray *
build_columns(const VmfcMeta *meta)
{
	VmfcSchema *schema = meta->schema;
	JsonArray *columns = json_array_new();

	pthread_mutex_lock(&schema->lock);
	for (guint i = 0; i < vmfc_schema_get_n_columns(schema); i++) {
		const VmfcDeclaration *declaration = vmfc_schema_get_declaration(schema, i);
		json_array_add_object_element(columns, build_column(declaration, meta->summary));
	}
	pthread_mutex_unlock(&schema->lock);
	return columns;
}

static JsonObject *
build_machine(const VmfcHostInfo *info)
{
	JsonObject *machine = json_object_new();

	json_object_set_string_member(machine, "host", info->hostname);
	json_object_set_string_member(machine, "os", info->os);
	json_object_set_string_member(machine, "kernel", info->kernel);
	json_object_set_string_member(machine, "architecture", info->architecture);
	json_object_set_string_member(machine, "hypervisor", info->hypervisor);
	json_object_set_string_member(machine, "container", info->container);
	json_object_set_string_member(machine, "cpu_model", info->cpu_model);
	json_object_set_int_member(machine, "cpus", info->n_cpus);
	json_object_set_string_member(machine, "clock_source", info->clock_source);
	return machine;
}

static JsonArray *
build_command_line(const gchar *const *command_line)
{
	JsonArray *words = json_array_new();

	for (guint i = 0; command_line[i] != NULL; i++) {
		g_autofree gchar *masked = vmfc_mask(command_line[i]);
		json_array_add_string_element(words, masked);
	}
	return words;
}

static JsonObject *
build_result(const VmfcMeta *meta)
{
	const VmfcSummary *summary = meta->summary;
	JsonObject *result = json_object_new();
	JsonObject *present = json_object_new();

	set_count(result, "records", vmfc_summary_get_n_records(summary));
	set_count(result, "missed_windows", vmfc_summary_get_n_missed(summary));
	set_count(result, "dropped_records", meta->result->n_dropped);
	set_count(result, "unwritten_records", meta->result->n_failed);
	json_object_set_int_member(result, "lateness_us_p50",
				   vmfc_summary_get_lateness(summary, 0.5));
	json_object_set_int_member(result, "lateness_us_p99",
				   vmfc_summary_get_lateness(summary, 0.99));
	json_object_set_int_member(result, "lateness_us_max",
				   vmfc_summary_get_lateness(summary, 1));
	for (guint i = 0; i < vmfc_schema_get_n_columns(meta->schema); i++)
		set_count(present, vmfc_schema_get_column(meta->schema, i)->name,
			  vmfc_summary_get_n_present(summary, i));
	json_object_set_object_member(result, "present", present);
	return result;
}

/* ISO 8601 with microseconds and the offset of UTC, like the column timestamp_iso. */
static gchar *
format_time(gint64 realtime)
{
	g_autoptr(GDateTime) epoch = g_date_time_new_from_unix_utc(0);
	g_autoptr(GDateTime) time = g_date_time_add(epoch, realtime / 1000);
	return g_date_time_format(time, "%Y-%m-%dT%H:%M:%S.%f+00:00");
}

static void
set_options(JsonObject *root, const VmfcMeta *meta)
{
	const VmfcOptions *options = meta->options;

	json_object_set_double_member(root, "interval", (gdouble)options->interval / NS_PER_S);
	json_object_set_double_member(root, "duration", (gdouble)options->duration / NS_PER_S);
	json_object_set_double_member(root, "grace", (gdouble)options->grace / NS_PER_S);
	set_masked(root, "workload", meta->workload);
	json_object_set_int_member(root, "seed", options->seed);
	json_object_set_boolean_member(root, "shuffle", options->shuffle);
	json_object_set_boolean_member(root, "common_windows", !options->no_sync);
}

/* Returns: (transfer full): the text of the meta file */
gchar *
vmfc_meta_to_text(const VmfcMeta *meta)
{
	g_autoptr(JsonObject) root = json_object_new();
	g_autofree gchar *start_iso = format_time(meta->start_time);

	json_object_set_string_member(root, "generator", "vmfc");
	json_object_set_string_member(root, "version", VMFC_VERSION);
	json_object_set_object_member(root, "machine", build_machine(meta->machine));
	json_object_set_array_member(root, "command_line", build_command_line(meta->command_line));
	json_object_set_double_member(root, "start_time", (gdouble)meta->start_time / NS_PER_S);
	json_object_set_string_member(root, "start_time_iso", start_iso);
	set_options(root, meta);
	json_object_set_array_member(root, "columns", build_columns(meta));
	if (meta->summary != NULL)
		json_object_set_object_member(root, "result", build_result(meta));
	return vmfc_document_to_text(root);
}
