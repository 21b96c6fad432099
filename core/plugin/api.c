/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plugin/context.h"

#include "base/install-path.h"
#include "base/json-string.h"
#include "base/number-text.h"
#include "base/quantity.h"
#include "config.h"
#include "plugin/option-values.h"

/* The functions that plugins call. vmfc/vmfc-plugin.h documents them. */

/* ------------------------------------------------------------ options */

const gchar *
vmfc_context_get_string(VmfcContext *context, const gchar *option)
{
	const gchar *value = g_hash_table_lookup(context->values, option);
	if (value == NULL)
		g_warning("plugin %s reads the option '%s', which it does not declare",
			  context->plugin->name, option);
	return value != NULL ? value : "";
}

gint64
vmfc_context_get_int(VmfcContext *context, const gchar *option)
{
	gint64 value = 0;
	vmfc_number_text_parse_int(vmfc_context_get_string(context, option), &value);
	return value;
}

gdouble
vmfc_context_get_float(VmfcContext *context, const gchar *option)
{
	gdouble value = 0;
	vmfc_number_text_parse_float(vmfc_context_get_string(context, option), &value);
	return value;
}

gboolean
vmfc_context_get_bool(VmfcContext *context, const gchar *option)
{
	gboolean value = FALSE;
	vmfc_option_values_parse_bool(vmfc_context_get_string(context, option), &value);
	return value;
}

gint64
vmfc_context_get_duration(VmfcContext *context, const gchar *option)
{
	gint64 value = 0;
	vmfc_quantity_parse_duration(vmfc_context_get_string(context, option), &value);
	return value;
}

const gchar *
vmfc_context_get_output_path(VmfcContext *context)
{
	return context->run->output;
}

gint64
vmfc_context_get_interval(VmfcContext *context)
{
	return context->run->interval;
}

gint64
vmfc_context_get_grace(VmfcContext *context)
{
	return context->run->grace;
}

gint64
vmfc_context_get_time(VmfcContext *context)
{
	const VmfcClock *clock = context->run->clock;
	return vmfc_clock_monotonic(clock != NULL ? clock : &vmfc_clock_system);
}

gboolean
vmfc_context_is_check(VmfcContext *context)
{
	return context->run->is_check;
}

/* ----------------------------------------------------------- workload */

const gchar *
vmfc_context_get_workload(VmfcContext *context)
{
	return context->workload != NULL ? context->workload : context->plugin->name;
}

const gchar *
vmfc_context_get_argument(VmfcContext *context)
{
	return context->argument;
}

gint64
vmfc_context_get_begin(VmfcContext *context)
{
	return context->begin;
}

guint32
vmfc_context_get_seed(VmfcContext *context)
{
	return context->run->seed;
}

/* -------------------------------------------------------------- files */

gchar *
vmfc_context_build_path(VmfcContext *context, const gchar *path)
{
	return vmfc_source_files_build_path(context->run->files, path);
}

gchar *
vmfc_context_build_data_path(G_GNUC_UNUSED VmfcContext *context, const gchar *path)
{
	g_autofree gchar *data = vmfc_install_path_build("data", VMFC_DATADIR);
	return g_build_filename(data, path, NULL);
}

VmfcFile *
vmfc_context_open_file(VmfcContext *context, const gchar *path, GError **error)
{
	return vmfc_source_files_open(context->run->files, path, error);
}

/* ------------------------------------------------------------ columns */

guint
vmfc_context_add_column(VmfcContext *context, const VmfcColumn *column)
{
	g_autoptr(GError) error = NULL;
	VmfcDeclaration *declaration = vmfc_schema_add(context->run->schema, context->plugin->name,
						       column, &error);

	if (declaration == NULL) {
		if (context->contract_error != NULL)
			return G_MAXUINT;
		/* before that, vmfc_context_open() refuses the plugin for this reason */
		if (context->run->schema->frozen)
			g_warning("%s: ignored", error->message);
		context->contract_error = g_steal_pointer(&error);
		return G_MAXUINT;
	}
	g_ptr_array_add(context->declarations, declaration);
	return context->declarations->len - 1;
}

guint
vmfc_context_find_column(VmfcContext *context, const gchar *name)
{
	const VmfcDeclaration *declaration = vmfc_schema_find(context->run->schema, name);

	/* before that, not all columns are known; in a tick it would allocate */
	if (context->plugin->sampler == NULL || !context->run->schema->frozen ||
	    context->record.row != NULL) {
		vmfc_record_warn_of_misuse(&context->record,
					   "looks up the column %s, which is allowed only from "
					   "start of a sampler on, and not in a tick",
					   name);
		return G_MAXUINT;
	}
	return declaration != NULL ? vmfc_context_add_readable(context, declaration) : G_MAXUINT;
}

const VmfcColumn *
vmfc_context_get_column(VmfcContext *context, guint column)
{
	const VmfcDeclaration *declaration = vmfc_context_get_declaration(context, column);

	g_return_val_if_fail(declaration != NULL, NULL);
	return &declaration->column;
}

VmfcState
vmfc_context_get_state(VmfcContext *context, guint column, const gchar **reason)
{
	const VmfcDeclaration *declaration = vmfc_context_get_declaration(context, column);

	if (reason != NULL)
		*reason = NULL;
	g_return_val_if_fail(declaration != NULL, VMFC_STATE_UNSUPPORTED);
	return vmfc_declaration_get_state(context->run->schema, declaration, reason);
}

void
vmfc_context_set_state(VmfcContext *context, guint column, VmfcState state, const gchar *reason,
		       const gchar *remedy)
{
	g_return_if_fail(column < context->declarations->len);
	VmfcDeclaration *declaration = context->declarations->pdata[column];
	/* called at every tick: lock only for a change; no other thread changes states */
	if (vmfc_declaration_has_state(declaration, state, reason, remedy))
		return;
	pthread_mutex_lock(&context->run->schema->lock);
	vmfc_declaration_set_state(declaration, state, reason, remedy);
	pthread_mutex_unlock(&context->run->schema->lock);
}

void
vmfc_context_set_period(VmfcContext *context, guint64 n_ticks)
{
	for (guint i = 0; i < context->declarations->len; i++) {
		VmfcDeclaration *declaration = context->declarations->pdata[i];
		declaration->period = n_ticks;
	}
}

guint64
vmfc_context_get_period(VmfcContext *context, guint column)
{
	const VmfcDeclaration *declaration = vmfc_context_get_declaration(context, column);

	g_return_val_if_fail(declaration != NULL, 1);
	return MAX(declaration->period, 1);
}

void
vmfc_context_describe(VmfcContext *context, guint column, const gchar *key, const gchar *value)
{
	g_return_if_fail(column < context->declarations->len);
	pthread_mutex_lock(&context->run->schema->lock);
	vmfc_declaration_describe(context->declarations->pdata[column], key, value);
	pthread_mutex_unlock(&context->run->schema->lock);
}

/* ----------------------------------------------- calls of the driver */

VmfcRecord *
vmfc_context_resume(VmfcContext *context, guint64 tick)
{
	return context->driver->resume != NULL ? context->driver->resume(context, tick) : NULL;
}

void
vmfc_context_finish(VmfcContext *context, guint64 tick, const GError *error)
{
	if (context->driver->finish != NULL)
		context->driver->finish(context, tick, error);
}

void
vmfc_context_add_workload(VmfcContext *context, const gchar *name, const gchar *summary)
{
	g_return_if_fail(context->driver->add_workload != NULL);
	context->driver->add_workload(context, name, summary);
}

void
vmfc_context_set_phase(VmfcContext *context, const gchar *phase)
{
	if (context->driver->set_phase != NULL)
		context->driver->set_phase(context, phase);
}

void
vmfc_context_begin_transition(VmfcContext *context)
{
	if (context->driver->begin_transition != NULL)
		context->driver->begin_transition(context);
}

void
vmfc_context_set_target_load(VmfcContext *context, gdouble percent)
{
	if (context->driver->set_target_load != NULL)
		context->driver->set_target_load(context, percent);
}

void
vmfc_context_end_workload(VmfcContext *context, const GError *error)
{
	if (context->driver->end_workload != NULL)
		context->driver->end_workload(context, error);
}

void
vmfc_context_add_work_time(VmfcContext *context, gdouble seconds)
{
	if (context->driver->add_work_time != NULL)
		context->driver->add_work_time(context, seconds);
}

VmfcOutput *
vmfc_context_create_output(VmfcContext *context, const gchar *extension, const gchar *start,
			   GError **error)
{
	if (context->driver->create_output != NULL)
		return context->driver->create_output(context, extension, start, error);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN,
		    "plugin %s creates a file, which only a sink may do", context->plugin->name);
	return NULL;
}

/* --------------------------------------------------------------- texts */

void
vmfc_json_append_string(GString *text, const gchar *value)
{
	vmfc_json_string_append(text, value);
}
