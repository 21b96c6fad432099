/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "inspect/plugin-check.h"

#include "collect/core-columns.h"
#include "workload/workload-list.h"

/* Chooses a workload of the plugin: @workload, or the first one. */
static void
choose_workload(VmfcPluginCheck *check, const VmfcPlugin *plugin, const gchar *workload)
{
	g_autoptr(GPtrArray) entries = NULL;

	if (workload == NULL) {
		entries = vmfc_workload_list_new_for_plugin(plugin, &check->run, &check->error);
		if (entries == NULL || entries->len == 0)
			return;
		workload = ((const VmfcWorkloadEntry *)entries->pdata[0])->name;
	}
	vmfc_context_set_workload(check->context, workload, NULL);
}

static void
open_other(VmfcPluginCheck *check, const VmfcPlugin *plugin)
{
	VmfcContext *context = vmfc_context_new(&check->run, plugin, NULL);

	if (context == NULL)
		return;
	g_ptr_array_add(check->others, context);
	vmfc_context_open_sampler(context, NULL);
}

/*
 * Lets a sampler that derives find the columns that it would have in a run: those of the core
 * and of the samplers that --plugins names.
 */
static void
open_sources(VmfcPluginCheck *check, const VmfcPlugin *checked, const VmfcOptions *options)
{
	g_autoptr(GPtrArray) selected = vmfc_registry_select(options->registry, options->plugins,
							     NULL);
	VmfcContext *core = vmfc_core_columns_new(&check->run);

	g_ptr_array_add(check->others, core);
	vmfc_core_columns_add_head(core, NULL);
	vmfc_core_columns_add_tail(core, NULL);
	for (guint i = 0; selected != NULL && i < selected->len; i++) {
		const VmfcPlugin *plugin = selected->pdata[i];
		if (plugin->sampler != NULL && plugin != checked)
			open_other(check, plugin);
	}
}

static gboolean
derives(const VmfcPlugin *plugin)
{
	/* the table of a plugin that was built against ABI 1.4 ends before it */
	return plugin->sampler != NULL && plugin->abi_minor >= 5 && plugin->sampler->derive != NULL;
}

static void
count_columns(VmfcPluginCheck *check)
{
	const VmfcDeclaration *declaration;

	for (; (declaration = vmfc_plugin_check_get_column(check, check->n_columns)) != NULL;
	     check->n_columns++) {
		if (check->error != NULL || vmfc_declaration_is_missing(declaration))
			check->n_missing++;
	}
}

/*
 * Opens a sampler or a workload as a run would. Does not open a sink, because that would create a
 * file.
 *
 * @workload: (nullable): one of the plugin's workloads
 * @is_check: see vmfc_context_is_check()
 */
VmfcPluginCheck *
vmfc_plugin_check_new(const VmfcPlugin *plugin, const VmfcOptions *options, const gchar *workload,
		      gboolean is_check)
{
	VmfcPluginCheck *check = g_new0(VmfcPluginCheck, 1);

	check->schema = vmfc_schema_new();
	check->files = vmfc_source_files_new(options->root);
	check->run = (VmfcRun){
		.schema = check->schema,
		.files = check->files,
		.settings = options->settings,
		.interval = options->interval,
		.grace = options->grace,
		.output = options->output,
		.is_check = is_check,
	};
	check->others = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_context_free);
	check->context = vmfc_context_new(&check->run, plugin, &check->error);
	if (check->context != NULL && plugin->workload != NULL)
		choose_workload(check, plugin, workload);
	if (check->context != NULL && plugin->sink == NULL && check->error == NULL)
		vmfc_context_open(check->context, &check->error);
	gboolean is_started = is_check && check->context != NULL && check->error == NULL &&
			      derives(plugin);
	if (is_started)
		open_sources(check, plugin, options);
	vmfc_schema_freeze(check->schema);
	if (is_started)
		vmfc_context_start(check->context, &check->error);
	count_columns(check);
	return check;
}

/* Returns: (nullable): its visible column number @i; %NULL: it has no more */
const VmfcDeclaration *
vmfc_plugin_check_get_column(const VmfcPluginCheck *check, guint i)
{
	const gchar *name = check->context != NULL ? check->context->plugin->name : "";

	for (guint k = 0; k < vmfc_schema_get_n_columns(check->schema); k++) {
		const VmfcDeclaration *declaration = vmfc_schema_get_declaration(check->schema, k);
		if (g_str_equal(declaration->plugin, name) && i-- == 0)
			return declaration;
	}
	return NULL;
}

void
vmfc_plugin_check_free(VmfcPluginCheck *check)
{
	g_clear_pointer(&check->context, vmfc_context_free);
	g_ptr_array_unref(check->others);
	vmfc_source_files_free(check->files);
	vmfc_schema_free(check->schema);
	g_clear_error(&check->error);
	g_free(check);
}
