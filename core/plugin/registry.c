/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plugin/registry.h"

#include <errno.h>
#include <gmodule.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "base/install-path.h"
#include "base/file-trust.h"
#include "base/nearest.h"
#include "plugin/plugin-descriptor.h"

#define SUFFIX "." G_MODULE_SUFFIX

struct _VmfcRegistry {
	const VmfcPluginIndex *index;
	GPtrArray *entries; /* of VmfcRegistryEntry, in order of the search path, then by name */
};

static void
entry_free(VmfcRegistryEntry *entry)
{
	g_free(entry->path);
	g_free(entry->name);
	g_clear_error(&entry->refusal);
	g_free(entry);
}

/* ------------------------------------------------------------ finding */

static gint
compare_names(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(*(const gchar *const *)a, *(const gchar *const *)b);
}

/* Returns: (transfer full): the names in a folder, sorted; empty if vmfc cannot read it */
static GPtrArray *
list_folder(const gchar *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	const gchar *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, compare_names);
	return names;
}

static void
scan_folder(VmfcRegistry *registry, const gchar *folder, gboolean is_own)
{
	g_autoptr(GPtrArray) names = list_folder(folder);

	for (guint i = 0; i < names->len; i++) {
		const gchar *name = names->pdata[i];
		if (!g_str_has_suffix(name, SUFFIX))
			continue;
		VmfcRegistryEntry *entry = g_new0(VmfcRegistryEntry, 1);
		entry->path = g_build_filename(folder, name, NULL);
		entry->name = g_strndup(name, strlen(name) - strlen(SUFFIX));
		entry->is_own = is_own;
		g_ptr_array_add(registry->entries, entry);
	}
}

static void
scan_path(VmfcRegistry *registry, const gchar *path)
{
	g_auto(GStrv) folders = g_strsplit(path, G_SEARCHPATH_SEPARATOR_S, -1);
	for (guint i = 0; folders[i] != NULL; i++) {
		if (folders[i][0] != '\0')
			scan_folder(registry, folders[i], FALSE);
	}
}

/* In the build tree each plugin has its own folder. */
static void
scan_build_tree(VmfcRegistry *registry, const gchar *folder)
{
	g_autoptr(GPtrArray) names = list_folder(folder);

	for (guint i = 0; i < names->len; i++) {
		g_autofree gchar *inner = g_build_filename(folder, names->pdata[i], NULL);
		scan_folder(registry, inner, TRUE);
	}
}

/* Finds the plugins of this program. */
static void
scan_own_folder(VmfcRegistry *registry)
{
	g_autofree gchar *folder = vmfc_install_path_build("plugins", VMFC_PLUGINDIR);

	if (vmfc_install_path_is_build_tree())
		scan_build_tree(registry, folder);
	else
		scan_folder(registry, folder, TRUE);
}

/*
 * @plugin_path: (nullable): folders that come first, separated by colons
 * @index: of the program's own plugins; not owned
 */
VmfcRegistry *
vmfc_registry_new(const gchar *plugin_path, const VmfcPluginIndex *index)
{
	VmfcRegistry *registry = g_new0(VmfcRegistry, 1);
	const gchar *environment = g_getenv("VMFC_PLUGIN_PATH");

	registry->index = index;
	registry->entries = g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
	if (index->failure != NULL)
		g_warning("%s", index->failure);
	if (plugin_path != NULL)
		scan_path(registry, plugin_path);
	if (environment != NULL && vmfc_file_trust_is_privileged())
		g_warning("VMFC_PLUGIN_PATH is ignored because vmfc runs privileged: use "
			  "--plugin-path instead");
	else if (environment != NULL)
		scan_path(registry, environment);
	scan_own_folder(registry);
	return registry;
}

void
vmfc_registry_free(VmfcRegistry *registry)
{
	g_ptr_array_unref(registry->entries);
	g_free(registry);
}

const GPtrArray *
vmfc_registry_get_entries(VmfcRegistry *registry)
{
	return registry->entries;
}

/* ------------------------------------------------- opening and refusing */

static GError *
refuse(const gchar *format, ...) G_GNUC_PRINTF(1, 2);

static GError *
refuse(const gchar *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	GError *error = g_error_new_valist(VMFC_ERROR, VMFC_ERROR_PLUGIN, format, arguments);
	va_end(arguments);
	return error;
}

static GError *
check_name_is_free(VmfcRegistry *registry, const VmfcRegistryEntry *entry)
{
	for (guint i = 0; i < registry->entries->len; i++) {
		const VmfcRegistryEntry *other = registry->entries->pdata[i];
		if (other == entry)
			return NULL;
		if (g_str_equal(other->name, entry->name))
			return refuse(
				"the name is taken by %s, which comes first: rename or remove "
				"one of them",
				other->path);
	}
	return NULL;
}

static GError *
open_module(VmfcRegistryEntry *entry)
{
	const VmfcPlugin *plugin;
	g_autoptr(GError) error = NULL;
	/* resolve links first, so that the checked file is the one that is opened */
	g_autofree gchar *path = realpath(entry->path, NULL);

	if (path == NULL)
		return refuse("it cannot be loaded: %s", g_strerror(errno));
	if (vmfc_file_trust_is_privileged() && !vmfc_file_trust_check(path, &error))
		return g_steal_pointer(&error);
	GModule *module = g_module_open_full(path, G_MODULE_BIND_LOCAL, &error);
	if (module == NULL)
		return refuse("it cannot be loaded: %s", error->message);
	if (!g_module_symbol(module, "vmfc_plugin", (gpointer *)&plugin) || plugin == NULL) {
		g_module_close(module);
		return refuse("it has no symbol vmfc_plugin: it is not a plugin of vmfc, move it "
			      "elsewhere");
	}
	GError *refusal = vmfc_plugin_descriptor_check(plugin, entry->name);
	if (refusal != NULL) {
		g_module_close(module);
		return refusal;
	}
	/* threads, types and strings of the plugin may be in use until the process ends */
	g_module_make_resident(module);
	entry->plugin = plugin;
	return NULL;
}

static void
open_entry(VmfcRegistry *registry, VmfcRegistryEntry *entry)
{
	if (entry->plugin != NULL || entry->refusal != NULL)
		return;
	entry->refusal = check_name_is_free(registry, entry);
	if (entry->refusal == NULL)
		entry->refusal = open_module(entry);
	if (entry->refusal != NULL)
		g_prefix_error(&entry->refusal, "plugin %s is refused: ", entry->path);
}

void
vmfc_registry_open_all(VmfcRegistry *registry)
{
	for (guint i = 0; i < registry->entries->len; i++)
		open_entry(registry, registry->entries->pdata[i]);
}

/*
 * Adds plugins to the index: those of this program if the index could not be used, and those of
 * others.
 */
void
vmfc_registry_describe(VmfcRegistry *registry, VmfcPluginIndex *index, gboolean with_others)
{
	for (guint i = 0; i < registry->entries->len; i++) {
		VmfcRegistryEntry *entry = registry->entries->pdata[i];
		if (entry->is_own ? index->failure == NULL : !with_others)
			continue;
		open_entry(registry, entry);
		if (entry->plugin != NULL)
			vmfc_plugin_index_add(index, entry->plugin);
	}
}

/* ---------------------------------------------------------- selecting */

static VmfcRegistryEntry *
find_entry(VmfcRegistry *registry, const gchar *name)
{
	for (guint i = 0; i < registry->entries->len; i++) {
		VmfcRegistryEntry *entry = registry->entries->pdata[i];
		if (g_str_equal(entry->name, name))
			return entry;
	}
	return NULL;
}

static gchar *
list_known(VmfcRegistry *registry)
{
	g_autoptr(GString) list = g_string_new(NULL);
	g_autoptr(GHashTable) groups = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer group;

	for (guint i = 0; i < registry->entries->len; i++) {
		const VmfcRegistryEntry *entry = registry->entries->pdata[i];
		if (entry->plugin == NULL)
			continue;
		g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", entry->name);
		if (entry->plugin->group != NULL)
			g_hash_table_add(groups, (gpointer)entry->plugin->group);
	}
	g_hash_table_iter_init(&iter, groups);
	while (g_hash_table_iter_next(&iter, &group, NULL))
		g_string_append_printf(list, ", %s (group)", (const gchar *)group);
	return g_strdup(list->len > 0 ? list->str : "none");
}

/* Returns: (transfer full): the plugin or group that the user may have meant, for a message */
static gchar *
find_nearest(VmfcRegistry *registry, const gchar *name)
{
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, name);
	for (guint i = 0; i < registry->entries->len; i++) {
		const VmfcRegistryEntry *entry = registry->entries->pdata[i];
		if (entry->plugin == NULL)
			continue;
		vmfc_nearest_try(&nearest, entry->name);
		if (entry->plugin->group != NULL)
			vmfc_nearest_try(&nearest, entry->plugin->group);
	}
	return vmfc_nearest_to_text(&nearest);
}

/* The build has made the plugin, but its file is in a separate package that is not installed. */
static void
set_not_installed(const gchar *name, GError **error)
{
	g_autofree gchar *package = g_strdelimit(g_strconcat("vmfc-", name, NULL), "_", '-');

	g_set_error(
		error, VMFC_ERROR, VMFC_ERROR_USAGE,
		"plugin '%s' is not installed: install the package %s; if there is none, install "
		"vmfc again",
		name, package);
}

static void
set_unknown(VmfcRegistry *registry, const gchar *name, GError **error)
{
	if (vmfc_plugin_index_find(registry->index, name) != NULL) {
		set_not_installed(name, error);
		return;
	}
	vmfc_registry_open_all(registry);
	g_autofree gchar *known = list_known(registry);
	g_autofree gchar *hint = find_nearest(registry, name);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "unknown plugin '%s'%s; known plugins: %s",
		    name, hint, known);
}

/* Returns: whether a file for a plugin of that name exists, valid or not */
gboolean
vmfc_registry_has(VmfcRegistry *registry, const gchar *name)
{
	return find_entry(registry, name) != NULL;
}

/* Returns: (transfer none): the plugin of that name; its module stays loaded */
const VmfcPlugin *
vmfc_registry_lookup(VmfcRegistry *registry, const gchar *name, GError **error)
{
	VmfcRegistryEntry *entry = find_entry(registry, name);

	if (entry == NULL) {
		set_unknown(registry, name, error);
		return NULL;
	}
	open_entry(registry, entry);
	if (entry->refusal != NULL) {
		g_set_error_literal(error, VMFC_ERROR, VMFC_ERROR_USAGE, entry->refusal->message);
		return NULL;
	}
	return entry->plugin;
}

static void
add_once(GPtrArray *plugins, const VmfcPlugin *plugin)
{
	if (!g_ptr_array_find(plugins, plugin, NULL))
		g_ptr_array_add(plugins, (gpointer)plugin);
}

/* Returns: (nullable): the entry in the index; %NULL: vmfc must load the plugin to know */
static const VmfcIndexEntry *
find_in_index(const VmfcRegistry *registry, const VmfcRegistryEntry *entry)
{
	return entry->is_own ? vmfc_plugin_index_find(registry->index, entry->name) : NULL;
}

static gboolean
may_be_in_group(const VmfcRegistry *registry, const VmfcRegistryEntry *entry, const gchar *group)
{
	const VmfcIndexEntry *known = find_in_index(registry, entry);
	return known == NULL || g_strcmp0(known->group, group) == 0;
}

static gboolean
may_be_workload(const VmfcRegistry *registry, const VmfcRegistryEntry *entry)
{
	const VmfcIndexEntry *known = find_in_index(registry, entry);
	return known == NULL || g_str_equal(known->kind, "workload");
}

static gboolean
select_group(VmfcRegistry *registry, const gchar *group, GPtrArray *plugins)
{
	gboolean found = FALSE;

	for (guint i = 0; i < registry->entries->len; i++) {
		VmfcRegistryEntry *entry = registry->entries->pdata[i];
		if (!may_be_in_group(registry, entry, group))
			continue;
		open_entry(registry, entry);
		if (entry->plugin == NULL || g_strcmp0(entry->plugin->group, group) != 0)
			continue;
		add_once(plugins, entry->plugin);
		found = TRUE;
	}
	return found;
}

/* A #GCompareFunc for arrays of VmfcPlugin: the order in which plugins are read and written. */
gint
vmfc_plugin_compare(gconstpointer left, gconstpointer right)
{
	const VmfcPlugin *first = *(const VmfcPlugin *const *)left;
	const VmfcPlugin *second = *(const VmfcPlugin *const *)right;

	if (first->rank != second->rank)
		return first->rank < second->rank ? -1 : 1;
	return g_strcmp0(first->name, second->name);
}

/*
 * @list: names and groups, separated by commas
 *
 * Returns: (transfer full) (element-type VmfcPlugin): each once, in order of rank
 */
GPtrArray *
vmfc_registry_select(VmfcRegistry *registry, const gchar *list, GError **error)
{
	g_autoptr(GPtrArray) plugins = g_ptr_array_new();
	g_auto(GStrv) parts = g_strsplit(list, ",", -1);

	for (guint i = 0; parts[i] != NULL; i++) {
		const gchar *name = g_strstrip(parts[i]);
		if (name[0] == '\0') {
			g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
				    "the list of plugins '%s' has an empty part: names are "
				    "separated by single commas",
				    list);
			return NULL;
		}
		if (find_entry(registry, name) == NULL) {
			if (select_group(registry, name, plugins))
				continue;
			set_unknown(registry, name, error);
			return NULL;
		}
		const VmfcPlugin *plugin = vmfc_registry_lookup(registry, name, error);
		if (plugin == NULL)
			return NULL;
		add_once(plugins, plugin);
	}
	g_ptr_array_sort(plugins, vmfc_plugin_compare);
	return g_steal_pointer(&plugins);
}

/* Returns: (transfer container) (element-type VmfcPlugin): all workloads, in order of the search */
GPtrArray *
vmfc_registry_list_workloads(VmfcRegistry *registry)
{
	GPtrArray *workloads = g_ptr_array_new();

	for (guint i = 0; i < registry->entries->len; i++) {
		VmfcRegistryEntry *entry = registry->entries->pdata[i];
		if (!may_be_workload(registry, entry))
			continue;
		open_entry(registry, entry);
		if (entry->plugin != NULL && entry->plugin->workload != NULL)
			g_ptr_array_add(workloads, (gpointer)entry->plugin);
	}
	return workloads;
}
