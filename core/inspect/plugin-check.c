/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "inspect/plugin-check.h"

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
	check->context = vmfc_context_new(&check->run, plugin, &check->error);
	if (check->context != NULL && plugin->workload != NULL)
		choose_workload(check, plugin, workload);
	if (check->context != NULL && plugin->sink == NULL && check->error == NULL)
		vmfc_context_open(check->context, &check->error);
	vmfc_schema_freeze(check->schema);
	for (guint i = 0; i < vmfc_schema_get_n_columns(check->schema); i++) {
		const VmfcDeclaration *declaration = vmfc_schema_get_declaration(check->schema, i);
		if (check->error != NULL || vmfc_declaration_is_missing(declaration))
			check->n_missing++;
	}
	return check;
}

void
vmfc_plugin_check_free(VmfcPluginCheck *check)
{
	g_clear_pointer(&check->context, vmfc_context_free);
	vmfc_source_files_free(check->files);
	vmfc_schema_free(check->schema);
	g_clear_error(&check->error);
	g_free(check);
}
