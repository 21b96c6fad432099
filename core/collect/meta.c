/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/meta.h"

#include "config.h"
#include "base/json.h"
#include "base/mask.h"

#define NS_PER_S 1e9

/* What a user has typed, or what plugins say of it: files are shared. */
static void
add_masked(VmfcJson *json, const gchar *key, const gchar *text)
{
	g_autofree gchar *masked = vmfc_mask(text);
	vmfc_json_add_string(json, key, masked);
}

/* In how many windows the column was missing, for each reason. */
static void
add_missing(VmfcJson *json, const VmfcDeclaration *declaration, const VmfcSummary *summary)
{
	gboolean any = FALSE;

	for (guint i = 0; i < VMFC_N_REASONS; i++) {
		guint64 n_windows = vmfc_summary_get_n_missing(summary, declaration->index, i);
		if (n_windows == 0)
			continue;
		if (!any)
			vmfc_json_begin(json, "missing", '[');
		any = TRUE;
		vmfc_json_begin(json, NULL, '{');
		add_masked(json, "reason", declaration->reasons[i].text);
		vmfc_json_add_int(json, "windows", (gint64)n_windows);
		vmfc_json_end(json, '}');
	}
	if (any)
		vmfc_json_end(json, ']');
}

/* @summary: (nullable): of the records that there are */
static void
add_column(VmfcJson *json, const VmfcDeclaration *declaration, const VmfcSummary *summary)
{
	vmfc_json_begin(json, NULL, '{');
	vmfc_json_add_string(json, "name", declaration->column.name);
	vmfc_json_add_string(json, "unit", declaration->column.unit);
	vmfc_json_add_string(json, "kind", vmfc_kind_to_string(declaration->column.kind));
	vmfc_json_add_string(json, "type", vmfc_type_to_string(declaration->column.type));
	vmfc_json_add_string(json, "plugin", declaration->plugin);
	vmfc_json_add_string(json, "source", declaration->column.source);
	vmfc_json_add_string(json, "description", declaration->column.description);
	vmfc_json_add_string(json, "state", vmfc_state_to_string(declaration->state));
	/* beside the state ok a reason is one of single windows */
	gboolean is_ok = declaration->state == VMFC_STATE_OK;
	if (declaration->reason != NULL && !is_ok)
		add_masked(json, "reason", declaration->reason);
	if (declaration->remedy != NULL && !is_ok)
		add_masked(json, "remedy", declaration->remedy);
	for (guint i = 0; i < declaration->facts->len; i += 2)
		add_masked(json, declaration->facts->pdata[i], declaration->facts->pdata[i + 1]);
	if (summary != NULL)
		add_missing(json, declaration, summary);
	vmfc_json_end(json, '}');
}

static void
add_columns(VmfcJson *json, const VmfcMeta *meta)
{
	VmfcSchema *schema = meta->schema;

	vmfc_json_begin(json, "columns", '[');
	pthread_mutex_lock(&schema->lock);
	for (guint i = 0; i < vmfc_schema_get_n_columns(schema); i++)
		add_column(json, vmfc_schema_get_declaration(schema, i), meta->summary);
	pthread_mutex_unlock(&schema->lock);
	vmfc_json_end(json, ']');
}

static void
add_machine(VmfcJson *json, const VmfcHostInfo *machine)
{
	vmfc_json_begin(json, "machine", '{');
	vmfc_json_add_string(json, "host", machine->hostname);
	vmfc_json_add_string(json, "os", machine->os);
	vmfc_json_add_string(json, "kernel", machine->kernel);
	vmfc_json_add_string(json, "architecture", machine->architecture);
	vmfc_json_add_string(json, "hypervisor", machine->hypervisor);
	vmfc_json_add_string(json, "container", machine->container);
	vmfc_json_add_string(json, "cpu_model", machine->cpu_model);
	vmfc_json_add_int(json, "cpus", machine->n_cpus);
	vmfc_json_add_string(json, "clock_source", machine->clock_source);
	vmfc_json_end(json, '}');
}

static void
add_command_line(VmfcJson *json, const gchar *const *command_line)
{
	vmfc_json_begin(json, "command_line", '[');
	for (guint i = 0; command_line[i] != NULL; i++)
		add_masked(json, NULL, command_line[i]);
	vmfc_json_end(json, ']');
}

static void
add_result(VmfcJson *json, const VmfcMeta *meta)
{
	vmfc_json_begin(json, "result", '{');
	vmfc_json_add_int(json, "records", (gint64)vmfc_summary_get_n_records(meta->summary));
	vmfc_json_add_int(json, "missed_windows", (gint64)vmfc_summary_get_n_missed(meta->summary));
	vmfc_json_add_int(json, "dropped_records", (gint64)meta->result->n_dropped);
	vmfc_json_add_int(json, "unwritten_records", (gint64)meta->result->n_failed);
	vmfc_json_add_int(json, "lateness_us_p50", vmfc_summary_get_lateness(meta->summary, 0.5));
	vmfc_json_add_int(json, "lateness_us_p99", vmfc_summary_get_lateness(meta->summary, 0.99));
	vmfc_json_add_int(json, "lateness_us_max", vmfc_summary_get_lateness(meta->summary, 1));
	vmfc_json_begin(json, "present", '{');
	for (guint i = 0; i < vmfc_schema_get_n_columns(meta->schema); i++)
		vmfc_json_add_int(json, vmfc_schema_get_column(meta->schema, i)->name,
				  (gint64)vmfc_summary_get_n_present(meta->summary, i));
	vmfc_json_end(json, '}');
	vmfc_json_end(json, '}');
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
	VmfcJson json;
	g_autofree gchar *start_iso = format_time(meta->start_time);

	vmfc_json_init(&json);
	vmfc_json_begin(&json, NULL, '{');
	vmfc_json_add_string(&json, "generator", "vmfc");
	vmfc_json_add_string(&json, "version", VMFC_VERSION);
	add_machine(&json, meta->machine);
	add_command_line(&json, meta->command_line);
	vmfc_json_add_float(&json, "start_time", (gdouble)meta->start_time / NS_PER_S);
	vmfc_json_add_string(&json, "start_time_iso", start_iso);
	vmfc_json_add_float(&json, "interval", (gdouble)meta->options->interval / NS_PER_S);
	vmfc_json_add_float(&json, "duration", (gdouble)meta->options->duration / NS_PER_S);
	vmfc_json_add_float(&json, "grace", (gdouble)meta->options->grace / NS_PER_S);
	add_masked(&json, "workload", meta->workload);
	vmfc_json_add_int(&json, "seed", meta->options->seed);
	vmfc_json_add_bool(&json, "shuffle", meta->options->shuffle);
	vmfc_json_add_bool(&json, "common_windows", !meta->options->no_sync);
	add_columns(&json, meta);
	if (meta->summary != NULL)
		add_result(&json, meta);
	vmfc_json_end(&json, '}');
	return vmfc_json_finish(&json);
}
