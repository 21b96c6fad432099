/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "inspect/plugin-check.h"

#include "workload/workload-labels.h"
#include "workload/workload-list.h"

/* Of the workloads that a plugin offers, the one that is meant, or the first. */
static void
choose_workload(VmfcPluginCheck *probe, const VmfcPlugin *plugin, const VmfcOptions *options,
		const gchar *workload)
{
	g_autoptr(GPtrArray) offers = NULL;

	if (workload == NULL) {
		offers = vmfc_workload_list_new_for_plugin(plugin, options, &probe->error);
		if (offers == NULL || offers->len == 0)
			return;
		workload = ((const VmfcWorkloadEntry *)offers->pdata[0])->name;
	}
	vmfc_context_set_workload(probe->context, workload, NULL);
}

/*
 * Opens a sampler or a workload as a run would; a sink works wherever files can be written, and
 * opening it would write one.
 *
 * @workload: (nullable): which of those that the plugin offers
 * @is_check: see vmfc_context_is_check()
 */
VmfcPluginCheck *
vmfc_plugin_check_new(const VmfcPlugin *plugin, const VmfcOptions *options, const gchar *workload,
		      gboolean is_check)
{
	VmfcPluginCheck *probe = g_new0(VmfcPluginCheck, 1);

	probe->schema = vmfc_schema_new();
	probe->files = vmfc_source_files_new(options->root);
	probe->labels = vmfc_workload_labels_new();
	probe->core = (VmfcCore){
		.schema = probe->schema,
		.files = probe->files,
		.labels = probe->labels,
		.interval = options->interval,
		.grace = options->grace,
		.is_check = is_check,
	};
	probe->context = vmfc_instance_new(&probe->core, plugin, options, &probe->error);
	if (probe->context != NULL && plugin->workload != NULL)
		choose_workload(probe, plugin, options, workload);
	if (probe->context != NULL && plugin->sink == NULL && probe->error == NULL)
		vmfc_context_open(probe->context, &probe->error);
	vmfc_schema_freeze(probe->schema);
	for (guint i = 0; i < vmfc_schema_get_n_columns(probe->schema); i++) {
		const VmfcDeclaration *declaration = vmfc_schema_get_declaration(probe->schema, i);
		if (probe->error != NULL || vmfc_declaration_is_missing(declaration))
			probe->n_missing++;
	}
	return probe;
}

void
vmfc_plugin_check_free(VmfcPluginCheck *probe)
{
	g_clear_pointer(&probe->context, vmfc_context_free);
	g_free(probe->labels);
	vmfc_source_files_free(probe->files);
	vmfc_schema_free(probe->schema);
	g_clear_error(&probe->error);
	g_free(probe);
}
