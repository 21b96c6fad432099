/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "meta.h"

#include <json-glib/json-glib.h>

#include "config.h"
#include "number.h"

#define NS_PER_S 1e9

static void
add_string(JsonBuilder *builder, const gchar *key, const gchar *value)
{
	g_autofree gchar *valid = g_utf8_make_valid(value, -1);
	json_builder_set_member_name(builder, key);
	json_builder_add_string_value(builder, valid);
}

static void
add_int(JsonBuilder *builder, const gchar *key, gint64 value)
{
	json_builder_set_member_name(builder, key);
	json_builder_add_int_value(builder, value);
}

static void
add_float(JsonBuilder *builder, const gchar *key, gdouble value)
{
	json_builder_set_member_name(builder, key);
	json_builder_add_double_value(builder, value);
}

static void
add_column(JsonBuilder *builder, const VmfcDeclaration *declaration)
{
	json_builder_begin_object(builder);
	add_string(builder, "name", declaration->column.name);
	add_string(builder, "unit", declaration->column.unit);
	add_string(builder, "kind", vmfc_kind_to_string(declaration->column.kind));
	add_string(builder, "type", vmfc_type_to_string(declaration->column.type));
	add_string(builder, "plugin", declaration->plugin);
	add_string(builder, "source", declaration->column.source);
	add_string(builder, "description", declaration->column.description);
	add_string(builder, "state", vmfc_state_to_string(declaration->state));
	if (declaration->reason != NULL)
		add_string(builder, "reason", declaration->reason);
	if (declaration->remedy != NULL)
		add_string(builder, "remedy", declaration->remedy);
	for (guint i = 0; i < declaration->facts->len; i += 2)
		add_string(builder, declaration->facts->pdata[i], declaration->facts->pdata[i + 1]);
	json_builder_end_object(builder);
}

static void
add_machine(JsonBuilder *builder, const VmfcMachine *machine)
{
	json_builder_set_member_name(builder, "machine");
	json_builder_begin_object(builder);
	add_string(builder, "host", machine->hostname);
	add_string(builder, "os", machine->os);
	add_string(builder, "kernel", machine->kernel);
	add_string(builder, "architecture", machine->architecture);
	add_string(builder, "hypervisor", machine->hypervisor);
	add_string(builder, "container", machine->container);
	add_string(builder, "cpu_model", machine->cpu_model);
	add_int(builder, "cpus", machine->n_cpus);
	add_string(builder, "clock_source", machine->clock_source);
	json_builder_end_object(builder);
}

static void
add_command_line(JsonBuilder *builder, const gchar *const *command_line)
{
	json_builder_set_member_name(builder, "command_line");
	json_builder_begin_array(builder);
	/* files are shared: a password in an address is nobody's business */
	g_autoptr(GRegex) password = g_regex_new("(://[^/@:]*):[^/@]*@", 0, 0, NULL);
	for (guint i = 0; command_line[i] != NULL; i++) {
		g_autofree gchar *text = g_utf8_make_valid(command_line[i], -1);
		g_autofree gchar *valid = g_regex_replace(password, text, -1, 0, "\\1:***@", 0,
							  NULL);
		json_builder_add_string_value(builder, valid);
	}
	json_builder_end_array(builder);
}

static void
add_result(JsonBuilder *builder, const VmfcMeta *meta)
{
	json_builder_set_member_name(builder, "result");
	json_builder_begin_object(builder);
	add_int(builder, "records", (gint64)vmfc_summary_get_n_records(meta->summary));
	add_int(builder, "missed_windows", (gint64)vmfc_summary_get_n_missed(meta->summary));
	add_int(builder, "dropped_records", (gint64)meta->result->n_dropped);
	add_int(builder, "unwritten_records", (gint64)meta->result->n_failed);
	add_int(builder, "lateness_us_p50", vmfc_summary_get_lateness(meta->summary, 0.5));
	add_int(builder, "lateness_us_p99", vmfc_summary_get_lateness(meta->summary, 0.99));
	add_int(builder, "lateness_us_max", vmfc_summary_get_lateness(meta->summary, 1));
	json_builder_set_member_name(builder, "present");
	json_builder_begin_object(builder);
	for (guint i = 0; i < vmfc_schema_get_n_columns(meta->schema); i++)
		add_int(builder, vmfc_schema_get_column(meta->schema, i)->name,
			(gint64)vmfc_summary_get_n_present(meta->summary, i));
	json_builder_end_object(builder);
	json_builder_end_object(builder);
}

static gboolean
shorten_number(const GMatchInfo *match, GString *text, G_GNUC_UNUSED gpointer user_data)
{
	g_autofree gchar *number = g_match_info_fetch(match, 1);
	gchar shortest[VMFC_NUMBER_SIZE];

	vmfc_number_format_float(g_ascii_strtod(number, NULL), shortest);
	g_string_append_printf(text, " : %s", shortest);
	return FALSE;
}

/* JSON-GLib writes 17 digits of every float; our files hold the shortest text that reads back. */
static gchar *
shorten_numbers(const gchar *json)
{
	g_autoptr(GRegex) number = g_regex_new(" : (-?\\d+\\.\\d{12,})(?=,?$)", G_REGEX_MULTILINE,
					       0, NULL);
	return g_regex_replace_eval(number, json, -1, 0, 0, shorten_number, NULL, NULL);
}

/* ISO 8601 with microseconds and UTC's offset, like the column timestamp_iso. */
static gchar *
format_time(gint64 realtime)
{
	g_autoptr(GDateTime) epoch = g_date_time_new_from_unix_utc(0);
	g_autoptr(GDateTime) time = g_date_time_add(epoch, realtime / 1000);
	return g_date_time_format(time, "%Y-%m-%dT%H:%M:%S.%f+00:00");
}

/* Returns: (transfer full): the whole file's text */
gchar *
vmfc_meta_to_text(const VmfcMeta *meta)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autofree gchar *start_iso = format_time(meta->start_time);

	json_builder_begin_object(builder);
	add_string(builder, "generator", "vmfc");
	add_string(builder, "version", VMFC_VERSION);
	add_machine(builder, meta->machine);
	add_command_line(builder, meta->command_line);
	add_float(builder, "start_time", (gdouble)meta->start_time / NS_PER_S);
	add_string(builder, "start_time_iso", start_iso);
	add_float(builder, "interval", (gdouble)meta->options->interval / NS_PER_S);
	add_float(builder, "duration", (gdouble)meta->options->duration / NS_PER_S);
	add_float(builder, "grace", (gdouble)meta->options->grace / NS_PER_S);
	add_string(builder, "workload", meta->workload);
	add_int(builder, "seed", meta->options->seed);
	json_builder_set_member_name(builder, "shuffle");
	json_builder_add_boolean_value(builder, meta->options->shuffle);
	json_builder_set_member_name(builder, "common_windows");
	json_builder_add_boolean_value(builder, meta->options->sync);
	json_builder_set_member_name(builder, "columns");
	json_builder_begin_array(builder);
	for (guint i = 0; i < vmfc_schema_get_n_columns(meta->schema); i++)
		add_column(builder, vmfc_schema_get_declaration(meta->schema, i));
	json_builder_end_array(builder);
	if (meta->summary != NULL)
		add_result(builder, meta);
	json_builder_end_object(builder);

	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	json_generator_set_root(generator, root);
	json_generator_set_pretty(generator, TRUE);
	g_autofree gchar *text = json_generator_to_data(generator, NULL);
	g_autofree gchar *shortened = shorten_numbers(text);
	return g_strconcat(shortened, "\n", NULL);
}
