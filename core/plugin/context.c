/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plugin/context.h"

#include "plugin/option-values.h"

/* Returns: (transfer full): an instance with the options of the user; %NULL with @error set */
VmfcContext *
vmfc_context_new(const VmfcRun *run, const VmfcPlugin *plugin, GError **error)
{
	static const VmfcDriver no_driver = {0};
	GHashTable *values = vmfc_option_values_new(plugin, run->settings, error);

	if (values == NULL)
		return NULL;
	VmfcContext *context = g_new0(VmfcContext, 1);
	context->run = run;
	context->plugin = plugin;
	context->record.plugin = plugin->name;
	context->driver = &no_driver;
	context->values = values;
	context->declarations = g_ptr_array_new();
	context->outputs = g_ptr_array_new();
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

void
vmfc_context_set_driver(VmfcContext *context, const VmfcDriver *driver, gpointer driver_data)
{
	context->driver = driver;
	context->driver_data = driver_data;
}

/* @argument: (nullable): */
void
vmfc_context_set_workload(VmfcContext *context, const gchar *workload, const gchar *argument)
{
	context->workload = g_strdup(workload);
	context->argument = g_strdup(argument);
}

/* Maps the columns of the plugin to cells, once the schema is frozen. Another call does nothing. */
void
vmfc_context_freeze(VmfcContext *context)
{
	guint n_columns = context->declarations->len;

	if (context->map != NULL)
		return;
	context->map = g_new(guint, n_columns + 1);
	for (guint i = 0; i < n_columns; i++)
		context->map[i] = ((VmfcDeclaration *)context->declarations->pdata[i])->index;
	context->record.schema = context->run->schema;
	context->record.map = context->map;
	context->record.n_columns = n_columns;
	context->record.n_readable = n_columns;
	context->n_known = n_columns;
}

/* Returns: (nullable): the declaration of a column that the plugin has declared or looked up */
const VmfcDeclaration *
vmfc_context_get_declaration(const VmfcContext *context, guint column)
{
	if (column < context->declarations->len)
		return context->declarations->pdata[column];
	if (column >= context->n_known)
		return NULL;
	return vmfc_schema_get_declaration(context->run->schema, context->map[column]);
}

/*
 * Lets the plugin read any column.
 *
 * Returns: its index in the record of the plugin, the same at each call
 */
guint
vmfc_context_add_readable(VmfcContext *context, const VmfcDeclaration *declaration)
{
	vmfc_context_freeze(context);
	for (guint i = 0; i < context->n_known; i++) {
		if (context->map[i] == declaration->index)
			return i;
	}
	guint index = context->n_known++;
	context->map = g_renew(guint, context->map, index + 1);
	context->map[index] = declaration->index;
	context->record.map = context->map;
	return index;
}

/* --------------------------------------------------------------- life */

/* Sets an error for a plugin that failed and set none. */
void
vmfc_context_fill_error(const VmfcContext *context, GError **error)
{
	if (*error == NULL)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_PLUGIN,
			    "plugin %s failed without a reason", context->plugin->name);
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

/* vmfc_context_close() calls it, too. A second call does nothing. */
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

/* ------------------------------------------------------------ samplers */

/*
 * If this machine does not support or does not allow a sampler, the run continues: the columns of
 * the sampler are missing, with the reason. Any other error is a mistake of the user or of the
 * plugin.
 */
static gboolean
tolerate_failure(VmfcContext *context, GError *error)
{
	if (g_error_matches(error, VMFC_ERROR, VMFC_ERROR_USAGE) ||
	    g_error_matches(error, VMFC_ERROR, VMFC_ERROR_PLUGIN))
		return FALSE;

	gboolean denied = g_error_matches(error, VMFC_ERROR, VMFC_ERROR_DENIED);
	for (guint i = 0; i < context->declarations->len; i++)
		vmfc_context_set_state(context, i,
				       denied ? VMFC_STATE_DENIED : VMFC_STATE_UNSUPPORTED,
				       error->message, NULL);
	if (context->declarations->len == 0)
		g_warning("%s: %s", context->plugin->name, error->message);
	vmfc_context_close(context);
	return TRUE;
}

/* Returns: %FALSE only if the run cannot continue; a sampler without an instance is not used */
gboolean
vmfc_context_open_sampler(VmfcContext *context, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (vmfc_context_open(context, &reason) || tolerate_failure(context, reason))
		return TRUE;
	g_propagate_prefixed_error(error, g_steal_pointer(&reason), "%s: ", context->plugin->name);
	return FALSE;
}

/* Like vmfc_context_open_sampler(). */
gboolean
vmfc_context_start_sampler(VmfcContext *context, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (context->instance == NULL || vmfc_context_start(context, &reason) ||
	    tolerate_failure(context, reason))
		return TRUE;
	g_propagate_prefixed_error(error, g_steal_pointer(&reason), "%s: ", context->plugin->name);
	return FALSE;
}
