/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "workload/workload-list.h"

#include <string.h>

#include "base/nearest.h"

static void
entry_free(VmfcWorkloadEntry *entry)
{
	g_free(entry->name);
	g_free(entry->summary);
	g_free(entry);
}

static void
add_entry(GPtrArray *entries, const VmfcPlugin *plugin, const gchar *name, const gchar *summary)
{
	VmfcWorkloadEntry *entry = g_new0(VmfcWorkloadEntry, 1);
	entry->plugin = plugin;
	entry->name = g_strdup(name);
	entry->summary = g_strdup(summary);
	g_ptr_array_add(entries, entry);
}

/* Returns: whether the name is valid for users */
static gboolean
is_name(const gchar *name)
{
	static const gchar letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

	return name[0] != '\0' && strspn(name, letters) == strlen(name);
}

/* Called by a plugin's `list` for each of its workloads. */
static void
add_workload(VmfcContext *context, const gchar *name, const gchar *summary)
{
	if (is_name(name)) {
		add_entry(context->driver_data, context->plugin, name, summary);
		return;
	}
	g_message("vmfc ignores workload '%s' of plugin %s: a name contains only lower case "
		  "letters, digits, _ and -",
		  name, context->plugin->name);
}

/* Returns: whether the plugin lists its workloads, which users may have written */
static gboolean
has_list(const VmfcPlugin *plugin)
{
	/* the table of a plugin that was built against ABI 1.1 ends before list */
	return plugin->abi_minor >= 2 && plugin->workload->list != NULL;
}

/* Returns: (transfer full) (element-type VmfcWorkloadEntry): the workloads of one plugin */
GPtrArray *
vmfc_workload_list_new_for_plugin(const VmfcPlugin *plugin, const VmfcRun *run, GError **error)
{
	static const VmfcDriver driver = {.add_workload = add_workload};
	g_autoptr(VmfcContext) context = vmfc_context_new(run, plugin, error);

	if (context == NULL)
		return NULL;
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
	if (has_list(plugin)) {
		vmfc_context_set_driver(context, &driver, entries);
		plugin->workload->list(context);
	} else {
		add_entry(entries, plugin, plugin->name, plugin->summary);
	}
	return g_steal_pointer(&entries);
}

static gboolean
is_taken(const GPtrArray *entries, const gchar *name)
{
	for (guint i = 0; i < entries->len; i++) {
		const VmfcWorkloadEntry *entry = entries->pdata[i];
		if (g_str_equal(entry->name, name))
			return TRUE;
	}
	return FALSE;
}

/* Adds the workloads of a plugin, except those with a name that is taken. */
static gboolean
add_entries(GPtrArray *entries, const VmfcPlugin *plugin, const VmfcRun *run, GError **error)
{
	g_autoptr(GPtrArray) more = vmfc_workload_list_new_for_plugin(plugin, run, error);

	for (guint i = 0; more != NULL && i < more->len; i++) {
		const VmfcWorkloadEntry *entry = more->pdata[i];
		if (is_taken(entries, entry->name))
			g_message("vmfc ignores workload %s of plugin %s: the name is taken",
				  entry->name, plugin->name);
		else
			add_entry(entries, plugin, entry->name, entry->summary);
	}
	return more != NULL;
}

/*
 * Returns: (transfer full) (element-type VmfcWorkloadEntry): all workloads of the plugins, none and
 *   idle
 */
GPtrArray *
vmfc_workload_list_new(VmfcRegistry *registry, const VmfcRun *run, GError **error)
{
	g_autoptr(GPtrArray) plugins = vmfc_registry_list_workloads(registry);
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);

	add_entry(entries, NULL, "none", "no workload; the label is none");
	add_entry(entries, NULL, "idle", "vmfc starts nothing; the label is idle");
	/* first the plugins whose name is their workload: users cannot take these names */
	for (guint turn = 0; turn < 2; turn++) {
		for (guint i = 0; i < plugins->len; i++) {
			if (has_list(plugins->pdata[i]) == (turn == 1) &&
			    !add_entries(entries, plugins->pdata[i], run, error))
				return NULL;
		}
	}
	return g_steal_pointer(&entries);
}

/* Returns: (transfer none): %NULL with a sentence for the user in @error */
const VmfcWorkloadEntry *
vmfc_workload_list_find(const GPtrArray *entries, const gchar *name, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, name);
	for (guint i = 0; i < entries->len; i++) {
		const VmfcWorkloadEntry *entry = entries->pdata[i];
		if (g_str_equal(entry->name, name))
			return entry;
		vmfc_nearest_try(&nearest, entry->name);
		g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", entry->name);
	}
	g_autofree gchar *hint = vmfc_nearest_to_text(&nearest);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "unknown workload '%s'%s; known workloads: %s; --list-workloads describes them",
		    name, hint, known->str);
	return NULL;
}
