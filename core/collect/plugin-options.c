/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/plugin-options.h"

#include "plugin/setting.h"

/* Aliases: options of the command line that set an option of a plugin. Plugins declare them. */

static gboolean
has_entry(const VmfcOptionEntry *entries, const gchar *name)
{
	while (entries->name != NULL && !g_str_equal(entries->name, name))
		entries++;
	return entries->name != NULL;
}

static gboolean
has_name(const GArray *entries, const gchar *name)
{
	for (guint i = 0; i < entries->len; i++) {
		if (g_str_equal(g_array_index(entries, VmfcOptionEntry, i).name, name))
			return TRUE;
	}
	return FALSE;
}

/* An alias of several plugins is one option, with the help of the first of them. */
static void
append_aliases(GArray *table, const VmfcOptionEntry *entries, const VmfcPluginIndex *index,
	       VmfcEntryParse parse)
{
	for (guint i = 0; i < index->entries->len; i++) {
		const VmfcIndexEntry *plugin = index->entries->pdata[i];
		for (guint j = 0; j < plugin->aliases->len; j++) {
			const VmfcIndexAlias *alias = plugin->aliases->pdata[j];
			const VmfcOptionEntry entry = {
				.name = alias->name,
				.type = VMFC_ENTRY_OTHER,
				.argument = alias->argument,
				.help = alias->help,
				.parse = parse,
			};
			/* vmfc's own options win */
			if (!has_entry(entries, alias->name) && !has_name(table, alias->name))
				g_array_append_val(table, entry);
		}
	}
}

/*
 * @entries: vmfc's own options, with one VMFC_PLUGIN_OPTIONS among them
 * @parse: of the aliases
 *
 * Returns: (transfer full): all options; @entries and @index own the texts
 */
GArray *
vmfc_plugin_options_insert(const VmfcOptionEntry *entries, const VmfcPluginIndex *index,
			   VmfcEntryParse parse)
{
	GArray *table = g_array_new(TRUE, TRUE, sizeof(VmfcOptionEntry));

	for (const VmfcOptionEntry *entry = entries; entry->name != NULL; entry++) {
		if (entry->name[0] == '\0')
			append_aliases(table, entries, index, parse);
		else
			g_array_append_val(table, *entry);
	}
	return table;
}

/* Adds a setting for each plugin that declares the alias. Those that are enabled use it. */
void
vmfc_plugin_options_store(const VmfcPluginIndex *index, const VmfcOptionValue *value,
			  GPtrArray *settings)
{
	g_autofree gchar *given = g_strconcat("--", value->entry->name, NULL);

	for (guint i = 0; i < index->entries->len; i++) {
		const VmfcIndexEntry *plugin = index->entries->pdata[i];
		for (guint j = 0; j < plugin->aliases->len; j++) {
			const VmfcIndexAlias *alias = plugin->aliases->pdata[j];
			if (!g_str_equal(alias->name, value->entry->name))
				continue;
			VmfcSetting *setting = vmfc_setting_list_add(
				settings, plugin->name, alias->option, value->text,
				g_intern_string(given), value->from_config);
			setting->is_alias = TRUE;
			setting->enables = alias->enables;
		}
	}
}

static gboolean
is_named(const gchar *list, const gchar *name)
{
	g_auto(GStrv) parts = g_strsplit(list, ",", -1);
	guint i = 0;

	while (parts[i] != NULL && !g_str_equal(g_strstrip(parts[i]), name))
		i++;
	return parts[i] != NULL;
}

/*
 * @plugins: what --plugins names
 *
 * Returns: (transfer full): with the plugins that settings enable
 */
gchar *
vmfc_plugin_options_enable(const GPtrArray *settings, const gchar *plugins)
{
	g_autoptr(GString) list = g_string_new(plugins);

	for (guint i = 0; i < settings->len; i++) {
		const VmfcSetting *setting = settings->pdata[i];
		if (setting->enables && !is_named(list->str, setting->plugin))
			g_string_append_printf(list, ",%s", setting->plugin);
	}
	return g_strdup(list->str);
}
