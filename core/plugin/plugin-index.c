/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plugin/plugin-index.h"

#include <stdlib.h>
#include <string.h>

#include "base/file-trust.h"
#include "base/install-path.h"
#include "base/regular-file.h"
#include "config.h"
#include "vmfc/vmfc-plugin.h"

#define NAME	 "plugins.index"
#define MAX_SIZE (1024 * 1024)
/* What the key of an alias begins with; its value is option, argument and help. */
#define ALIAS	      "alias-"
#define N_ALIAS_PARTS 3

static void
alias_free(VmfcIndexAlias *alias)
{
	g_free(alias->name);
	g_free(alias->option);
	g_free(alias->argument);
	g_free(alias->help);
	g_free(alias);
}

static void
entry_free(VmfcIndexEntry *entry)
{
	g_free(entry->name);
	g_free(entry->kind);
	g_free(entry->group);
	g_free(entry->extension);
	g_ptr_array_unref(entry->aliases);
	g_free(entry);
}

void
vmfc_plugin_index_free(VmfcPluginIndex *index)
{
	g_ptr_array_unref(index->entries);
	g_free(index->failure);
	g_free(index);
}

/* ------------------------------------------------------------- reading */

static gboolean
add_alias(VmfcIndexEntry *entry, GKeyFile *file, const gchar *key, GError **error)
{
	g_auto(GStrv) parts = g_key_file_get_string_list(file, entry->name, key, NULL, NULL);

	if (parts == NULL || g_strv_length(parts) != N_ALIAS_PARTS) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "[%s] %s is not of the form option;argument;help", entry->name, key);
		return FALSE;
	}
	VmfcIndexAlias *alias = g_new0(VmfcIndexAlias, 1);
	alias->name = g_strdup(key + strlen(ALIAS));
	alias->option = g_strdup(parts[0]);
	alias->argument = g_strdup(parts[1]);
	alias->help = g_strdup(parts[2]);
	g_ptr_array_add(entry->aliases, alias);
	return TRUE;
}

static gboolean
add_entry(VmfcPluginIndex *index, GKeyFile *file, const gchar *name, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(file, name, NULL, NULL);
	VmfcIndexEntry *entry = g_new0(VmfcIndexEntry, 1);

	g_ptr_array_add(index->entries, entry);
	entry->aliases = g_ptr_array_new_with_free_func((GDestroyNotify)alias_free);
	entry->name = g_strdup(name);
	entry->kind = g_key_file_get_string(file, name, "kind", NULL);
	entry->group = g_key_file_get_string(file, name, "group", NULL);
	entry->extension = g_key_file_get_string(file, name, "extension", NULL);
	entry->only_appends = g_key_file_get_boolean(file, name, "only-appends", NULL);
	if (entry->kind == NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "[%s] has no kind", name);
		return FALSE;
	}
	for (guint i = 0; keys != NULL && keys[i] != NULL; i++) {
		if (g_str_has_prefix(keys[i], ALIAS) && !add_alias(entry, file, keys[i], error))
			return FALSE;
	}
	return TRUE;
}

/* @text: a key file with a group for each plugin */
VmfcPluginIndex *
vmfc_plugin_index_parse(const gchar *text, gsize length, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(VmfcPluginIndex) index = g_new0(VmfcPluginIndex, 1);

	index->entries = g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
	if (!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, error))
		return NULL; /* NOLINT(clang-analyzer-unix.Malloc): g_autoptr frees it */
	g_auto(GStrv) names = g_key_file_get_groups(file, NULL);
	for (guint i = 0; names[i] != NULL; i++) {
		if (!add_entry(index, file, names[i], error))
			return NULL;
	}
	return g_steal_pointer(&index);
}

static VmfcPluginIndex *
read_index(const gchar *path, GError **error)
{
	g_autofree gchar *real = realpath(path, NULL);
	gsize length;

	if (vmfc_file_trust_is_privileged() && real != NULL && !vmfc_file_trust_check(real, error))
		return NULL;
	g_autofree gchar *text = vmfc_regular_file_read(path, MAX_SIZE, &length, error);
	return text != NULL ? vmfc_plugin_index_parse(text, length, error) : NULL;
}

/* Returns: (transfer full): the index that belongs to this program; empty where it cannot be used
 */
VmfcPluginIndex *
vmfc_plugin_index_new(void)
{
	g_autofree gchar *folder = vmfc_install_path_build("plugins", VMFC_PLUGINDIR);
	g_autofree gchar *path = g_build_filename(folder, NAME, NULL);
	g_autoptr(GError) error = NULL;
	VmfcPluginIndex *index = read_index(path, &error);

	if (index != NULL)
		return index;
	index = vmfc_plugin_index_parse("", 0, NULL);
	index->failure = g_strdup_printf(
		"the index of plugins %s cannot be used (%s): vmfc loads all plugins at each start "
		"until it is installed again",
		path, error->message);
	return index;
}

/* ------------------------------------------------------------- looking */

/* Returns: (transfer none) (nullable): what is known of one plugin */
const VmfcIndexEntry *
vmfc_plugin_index_find(const VmfcPluginIndex *index, const gchar *name)
{
	for (guint i = 0; i < index->entries->len; i++) {
		const VmfcIndexEntry *entry = index->entries->pdata[i];
		if (g_str_equal(entry->name, name))
			return entry;
	}
	return NULL;
}

/* Returns: (transfer full): those of all sinks */
GStrv
vmfc_plugin_index_list_extensions(const VmfcPluginIndex *index)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (guint i = 0; i < index->entries->len; i++) {
		const VmfcIndexEntry *entry = index->entries->pdata[i];
		if (entry->extension != NULL)
			g_strv_builder_add(builder, entry->extension);
	}
	return g_strv_builder_end(builder);
}
