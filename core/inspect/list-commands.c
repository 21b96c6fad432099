/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "inspect/list-commands.h"

#include "collect/core-columns.h"
#include "record/column-words.h"
#include "workload/workload-list.h"
#include "inspect/plugin-check.h"

#include <string.h>

static const gchar *
kind_of(const VmfcPlugin *plugin)
{
	if (plugin->sampler != NULL)
		return "sampler";
	return plugin->workload != NULL ? "workload" : "sink";
}

/* Returns: (transfer full): a short text that says whether a plugin works here */
static gchar *
describe_check(const VmfcPluginCheck *check)
{
	guint n_columns = check->n_columns;

	if (check->error != NULL)
		return g_strdup_printf("no: %s", check->error->message);
	if (check->n_missing == 0)
		return g_strdup("yes");
	for (guint i = 0; i < n_columns; i++) {
		const VmfcDeclaration *declaration = vmfc_plugin_check_get_column(check, i);
		if (vmfc_declaration_is_missing(declaration))
			return g_strdup_printf("%u of %u columns; %s is missing: %s",
					       n_columns - check->n_missing, n_columns,
					       declaration->column.name,
					       declaration->reason != NULL ? declaration->reason
									   : "no reason given");
	}
	return g_strdup("yes");
}

gchar *
vmfc_list_plugins(VmfcRegistry *registry, const VmfcOptions *options)
{
	const GPtrArray *entries = vmfc_registry_get_entries(registry);
	g_autoptr(GString) text = g_string_new(NULL);

	vmfc_registry_open_all(registry);
	for (guint i = 0; i < entries->len; i++) {
		const VmfcRegistryEntry *entry = entries->pdata[i];
		if (entry->plugin == NULL) {
			g_string_append_printf(text, "%s\n  %s\n", entry->name,
					       entry->refusal->message);
			continue;
		}
		const VmfcPlugin *plugin = entry->plugin;
		g_autoptr(VmfcPluginCheck) check = vmfc_plugin_check_new(plugin, options, NULL,
									 TRUE);
		g_autofree gchar *state = describe_check(check);
		g_string_append_printf(text, "%s (%s %s%s%s): %s\n  file: %s\n  works here: %s\n",
				       plugin->name, kind_of(plugin), plugin->version,
				       plugin->group != NULL ? ", group " : "",
				       plugin->group != NULL ? plugin->group : "", plugin->summary,
				       entry->path, state);
		for (const VmfcOption *option = plugin->options;
		     option != NULL && option->name != NULL; option++)
			g_string_append_printf(text, "  --set %s.%s=%s: %s\n", plugin->name,
					       option->name, option->value, option->help);
	}
	if (entries->len == 0)
		g_string_append(text, "no plugins found; name their folder with --plugin-path\n");
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/*
 * A line for each plugin: its name, its kind, and its group or the extension of its files if it has
 * one. Does not open the plugins, so that it is quick.
 */
gchar *
vmfc_list_plugin_names(VmfcRegistry *registry)
{
	const GPtrArray *entries = vmfc_registry_get_entries(registry);
	g_autoptr(GString) text = g_string_new(NULL);

	vmfc_registry_open_all(registry);
	for (guint i = 0; i < entries->len; i++) {
		const VmfcRegistryEntry *entry = entries->pdata[i];
		if (entry->plugin == NULL)
			continue;
		const VmfcPlugin *plugin = entry->plugin;
		const gchar *more = plugin->sink != NULL ? plugin->sink->extension : plugin->group;
		g_string_append_printf(text, "%s %s%s%s\n", plugin->name, kind_of(plugin),
				       more != NULL ? " " : "", more != NULL ? more : "");
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ----------------------------------------------------------- features */

static void
append_features(GString *text, const VmfcSchema *schema)
{
	for (guint i = 0; i < vmfc_schema_get_n_columns(schema); i++) {
		const VmfcDeclaration *declaration = vmfc_schema_get_declaration(schema, i);
		const VmfcColumn *column = &declaration->column;
		g_string_append_printf(text, "%s\t%s\t%s\t%s\t%s\t%s\n", column->name,
				       column->unit[0] != '\0' ? column->unit : "-",
				       vmfc_kind_to_string(column->kind),
				       vmfc_type_to_string(column->type), declaration->plugin,
				       column->description);
	}
}

#define N_CELLS 6

/* Aligns the cells of a table, which tabs separate. The last column is not padded. */
gchar *
vmfc_list_align(const gchar *table)
{
	g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
	gsize widths[N_CELLS] = {0};
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) cells = g_strsplit(lines[i], "\t", N_CELLS);
		for (guint j = 0; cells[j] != NULL; j++)
			widths[j] = MAX(widths[j], strlen(cells[j]));
	}
	for (guint i = 0; lines[i] != NULL; i++) {
		g_auto(GStrv) cells = g_strsplit(lines[i], "\t", N_CELLS);
		for (guint j = 0; cells[j] != NULL; j++)
			g_string_append_printf(text, "%-*s%s",
					       cells[j + 1] != NULL ? (gint)widths[j] : 0, cells[j],
					       cells[j + 1] != NULL ? "  " : "\n");
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Returns: (transfer container): all loaded samplers, in the order of their columns in the files */
GPtrArray *
vmfc_list_samplers(VmfcRegistry *registry)
{
	const GPtrArray *entries = vmfc_registry_get_entries(registry);
	GPtrArray *samplers = g_ptr_array_new();

	vmfc_registry_open_all(registry);
	for (guint i = 0; i < entries->len; i++) {
		const VmfcRegistryEntry *entry = entries->pdata[i];
		if (entry->plugin != NULL && entry->plugin->sampler != NULL)
			g_ptr_array_add(samplers, (gpointer)entry->plugin);
	}
	g_ptr_array_sort(samplers, vmfc_plugin_compare);
	return samplers;
}

/* @head: the core's columns before those of the samplers, else those after them */
static gboolean
append_own_features(GString *text, gboolean head, GError **error)
{
	g_autoptr(VmfcSchema) schema = vmfc_schema_new();
	const VmfcRun run = {.schema = schema};
	g_autoptr(VmfcContext) context = vmfc_core_columns_new(&run);

	if (!(head ? vmfc_core_columns_add_head(context, error)
		   : vmfc_core_columns_add_tail(context, error)))
		return FALSE;
	vmfc_schema_freeze(schema);
	append_features(text, schema);
	return TRUE;
}

gchar *
vmfc_list_features(VmfcRegistry *registry, const VmfcOptions *options, GError **error)
{
	g_autoptr(GPtrArray) samplers = vmfc_list_samplers(registry);
	g_autoptr(GString) table = g_string_new("NAME\tUNIT\tKIND\tTYPE\tPLUGIN\tMEANING\n");

	if (!append_own_features(table, TRUE, error))
		return NULL;
	for (guint i = 0; i < samplers->len; i++) {
		g_autoptr(VmfcPluginCheck) check = vmfc_plugin_check_new(samplers->pdata[i],
									 options, NULL, FALSE);
		append_features(table, check->schema);
	}
	if (!append_own_features(table, FALSE, error))
		return NULL;
	g_string_truncate(table, table->len - 1);
	return vmfc_list_align(table->str);
}

/* ---------------------------------------------------------- workloads */

static void
append_entry(GString *text, const VmfcWorkloadEntry *entry, const VmfcOptions *options)
{
	g_string_append_printf(text, "%s: %s\n", entry->name, entry->summary);
	if (entry->plugin == NULL) {
		g_string_append(text, "  can run here: yes\n");
		return;
	}
	g_autoptr(VmfcPluginCheck) check = vmfc_plugin_check_new(entry->plugin, options,
								 entry->name, TRUE);
	g_string_append_printf(
		text, "  can run here: %s%s (plugin %s)\n", check->error == NULL ? "yes" : "no: ",
		check->error == NULL ? "" : check->error->message, entry->plugin->name);
}

/* Returns: (transfer full) (element-type VmfcWorkloadEntry): all workloads; %NULL with @error set
 */
static GPtrArray *
list_entries(VmfcRegistry *registry, const VmfcOptions *options, GError **error)
{
	g_autoptr(VmfcSourceFiles) files = vmfc_source_files_new(options->root);
	const VmfcRun run = {.files = files, .settings = options->settings};

	return vmfc_workload_list_new(registry, &run, error);
}

gchar *
vmfc_list_workloads(VmfcRegistry *registry, const VmfcOptions *options, GError **error)
{
	g_autoptr(GPtrArray) entries = list_entries(registry, options, error);
	g_autoptr(GString) text = g_string_new(NULL);

	if (entries == NULL)
		return NULL;
	for (guint i = 0; i < entries->len; i++)
		append_entry(text, entries->pdata[i], options);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* A line with the name of each workload. Does not start other programs, so that it is quick. */
gchar *
vmfc_list_workload_names(VmfcRegistry *registry, const VmfcOptions *options, GError **error)
{
	g_autoptr(GPtrArray) entries = list_entries(registry, options, error);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; entries != NULL && i < entries->len; i++)
		g_string_append_printf(text, "%s\n",
				       ((const VmfcWorkloadEntry *)entries->pdata[i])->name);
	return entries != NULL ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}
