/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plugin/context.h"
#include "base/nearest.h"
#include "base/number-text.h"
#include "base/install-path.h"

#include "config.h"

VmfcContext *
vmfc_context_new(VmfcCore *core, const VmfcPlugin *plugin)
{
	VmfcContext *context = g_new0(VmfcContext, 1);
	context->core = core;
	context->plugin = plugin;
	context->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	context->declarations = g_ptr_array_new();
	context->outputs = g_ptr_array_new();
	for (const VmfcOption *option = plugin->options; option != NULL && option->name != NULL;
	     option++)
		g_hash_table_insert(context->values, g_strdup(option->name),
				    g_strdup(option->value));
	return context;
}

void
vmfc_context_free(VmfcContext *context)
{
	vmfc_context_close(context);
	g_hash_table_unref(context->values);
	g_ptr_array_unref(context->declarations);
	g_ptr_array_unref(context->outputs);
	g_free(context->map);
	g_free(context->failure);
	g_free(context->workload);
	g_free(context->argument);
	g_clear_error(&context->contract_error);
	g_free(context);
}

/* ------------------------------------------------------------ options */

static const VmfcOption *
find_option(const VmfcPlugin *plugin, const gchar *name)
{
	for (const VmfcOption *option = plugin->options; option != NULL && option->name != NULL;
	     option++) {
		if (g_str_equal(option->name, name))
			return option;
	}
	return NULL;
}

static gchar *
list_options(const VmfcPlugin *plugin)
{
	g_autoptr(GString) list = g_string_new(NULL);
	for (const VmfcOption *option = plugin->options; option != NULL && option->name != NULL;
	     option++)
		g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", option->name);
	return g_strdup(list->len > 0 ? list->str : "none");
}

static gchar *
find_nearest_option(const VmfcPlugin *plugin, const gchar *name)
{
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, name);
	for (const VmfcOption *option = plugin->options; option != NULL && option->name != NULL;
	     option++)
		vmfc_nearest_try(&nearest, option->name);
	return vmfc_nearest_to_text(&nearest);
}

static gboolean
parse_bool(const gchar *text, gboolean *value)
{
	*value = g_str_equal(text, "true") || g_str_equal(text, "yes") || g_str_equal(text, "1");
	return *value || g_str_equal(text, "false") || g_str_equal(text, "no") ||
	       g_str_equal(text, "0");
}

static const gchar *
check_value(VmfcOptionType type, const gchar *value)
{
	gint64 as_int;
	gdouble as_float;
	gboolean as_bool;

	switch (type) {
	case VMFC_OPTION_STRING:
		return NULL;
	case VMFC_OPTION_INT:
		return vmfc_number_text_parse_int(value, &as_int) ? NULL : "a whole number";
	case VMFC_OPTION_FLOAT:
		return vmfc_number_text_parse_float(value, &as_float) ? NULL : "a number";
	case VMFC_OPTION_BOOL:
		return parse_bool(value, &as_bool) ? NULL : "true or false";
	}
	return "of a known type";
}

gboolean
vmfc_context_set_option(VmfcContext *context, const gchar *name, const gchar *value, GError **error)
{
	const VmfcOption *option = find_option(context->plugin, name);
	if (option == NULL) {
		g_autofree gchar *known = list_options(context->plugin);
		g_autofree gchar *hint = find_nearest_option(context->plugin, name);
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "plugin %s has no option '%s'%s; it has: %s", context->plugin->name,
			    name, hint, known);
		return FALSE;
	}
	const gchar *wanted = check_value(option->type, value);
	if (wanted != NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "option %s.%s is '%s', but must be %s", context->plugin->name, name,
			    value, wanted);
		return FALSE;
	}
	g_hash_table_insert(context->values, g_strdup(name), g_strdup(value));
	return TRUE;
}

const gchar *
vmfc_context_get_string(VmfcContext *context, const gchar *option)
{
	const gchar *value = g_hash_table_lookup(context->values, option);
	if (value == NULL)
		g_warning("plugin %s asks for its option '%s', which it does not declare",
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
	parse_bool(vmfc_context_get_string(context, option), &value);
	return value;
}

gint64
vmfc_context_get_interval(VmfcContext *context)
{
	return context->core->interval;
}

gint64
vmfc_context_get_grace(VmfcContext *context)
{
	return context->core->grace;
}

gint64
vmfc_context_get_time(VmfcContext *context)
{
	const VmfcClock *clock = context->core->clock;
	return vmfc_clock_monotonic(clock != NULL ? clock : &vmfc_clock_system);
}

gboolean
vmfc_context_is_check(VmfcContext *context)
{
	return context->core->is_check;
}

/* ----------------------------------------------------------- workload */

/* @argument: (nullable): */
void
vmfc_context_set_workload(VmfcContext *context, const gchar *workload, const gchar *argument)
{
	context->workload = g_strdup(workload);
	context->argument = g_strdup(argument);
}

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
	return context->core->seed;
}

/* -------------------------------------------------------------- files */

gchar *
vmfc_context_build_path(VmfcContext *context, const gchar *path)
{
	return vmfc_source_files_build_path(context->core->files, path);
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
	return vmfc_source_files_open(context->core->files, path, error);
}

/* ------------------------------------------------------------ columns */

guint
vmfc_context_add_column(VmfcContext *context, const VmfcColumn *column)
{
	g_autoptr(GError) error = NULL;
	VmfcDeclaration *declaration = vmfc_schema_add(context->core->schema, context->plugin->name,
						       column, &error);

	if (declaration == NULL) {
		if (context->contract_error != NULL)
			return G_MAXUINT;
		/* before, vmfc_context_open() makes it the reason for which the plugin is refused
		 */
		if (context->core->schema->frozen)
			g_warning("%s: ignored", error->message);
		context->contract_error = g_steal_pointer(&error);
		return G_MAXUINT;
	}
	g_ptr_array_add(context->declarations, declaration);
	return context->declarations->len - 1;
}

void
vmfc_context_set_state(VmfcContext *context, guint column, VmfcState state, const gchar *reason,
		       const gchar *remedy)
{
	g_return_if_fail(column < context->declarations->len);
	VmfcDeclaration *declaration = context->declarations->pdata[column];
	/* at every tick, but for the rare change; who else reads the state does not change it */
	if (vmfc_declaration_has_state(declaration, state, reason, remedy))
		return;
	pthread_mutex_lock(&context->core->schema->lock);
	vmfc_declaration_set_state(declaration, state, reason, remedy);
	pthread_mutex_unlock(&context->core->schema->lock);
}

void
vmfc_context_describe(VmfcContext *context, guint column, const gchar *key, const gchar *value)
{
	g_return_if_fail(column < context->declarations->len);
	pthread_mutex_lock(&context->core->schema->lock);
	vmfc_declaration_describe(context->declarations->pdata[column], key, value);
	pthread_mutex_unlock(&context->core->schema->lock);
}

/* Once the schema is frozen: where this plugin's columns lie in a row. */
void
vmfc_context_freeze(VmfcContext *context)
{
	guint n_columns = context->declarations->len;

	context->map = g_renew(guint, context->map, n_columns);
	for (guint i = 0; i < n_columns; i++)
		context->map[i] = ((VmfcDeclaration *)context->declarations->pdata[i])->index;
	context->record.schema = context->core->schema;
	context->record.map = context->map;
	context->record.n_columns = n_columns;
	context->record.plugin = context->plugin->name;
}

/* --------------------------------------------------------------- life */

/* A plugin that fails owes a sentence; this stands in for one that it did not give. */
void
vmfc_context_fill_error(const VmfcContext *context, GError **error)
{
	if (*error == NULL)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN,
			    "plugin %s failed and did not say why", context->plugin->name);
}

/* Opens a sampler or a workload; a sink is opened by the writer, on its own thread. */
gboolean
vmfc_context_open(VmfcContext *context, GError **error)
{
	const VmfcPlugin *plugin = context->plugin;
	g_autoptr(GError) reason = NULL;

	context->instance = plugin->sampler != NULL ? plugin->sampler->open(context, &reason)
						    : plugin->workload->open(context, &reason);
	if (context->contract_error != NULL) {
		g_clear_error(&reason);
		reason = g_steal_pointer(&context->contract_error);
	}
	if (context->instance != NULL && reason == NULL)
		return TRUE;
	vmfc_context_close(context);
	vmfc_context_fill_error(context, &reason);
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

gboolean
vmfc_context_start(VmfcContext *context, GError **error)
{
	const VmfcPlugin *plugin = context->plugin;
	g_autoptr(GError) reason = NULL;
	gboolean started = TRUE;

	if (plugin->workload != NULL)
		started = plugin->workload->start(context->instance, &reason);
	else if (plugin->sampler->start != NULL)
		started = plugin->sampler->start(context->instance, &reason);
	context->started = started;
	if (started)
		return TRUE;
	vmfc_context_fill_error(context, &reason);
	g_propagate_error(error, g_steal_pointer(&reason));
	return FALSE;
}

/* Once is enough: closing does it as well. */
void
vmfc_context_stop(VmfcContext *context)
{
	const VmfcPlugin *plugin = context->plugin;

	if (!context->started)
		return;
	context->started = FALSE;
	if (plugin->workload != NULL)
		plugin->workload->stop(context->instance);
	else if (plugin->sampler->stop != NULL)
		plugin->sampler->stop(context->instance);
}

void
vmfc_context_close(VmfcContext *context)
{
	vmfc_context_stop(context);
	gpointer instance = g_steal_pointer(&context->instance);
	if (instance == NULL)
		return;
	if (context->plugin->workload != NULL)
		context->plugin->workload->close(instance);
	else if (context->plugin->sampler != NULL)
		context->plugin->sampler->close(instance);
}
