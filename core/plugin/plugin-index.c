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
/* Prefix of the key of an alias; the value is option;argument;help, and may end in ;enables. */
#define ALIAS	      "alias-"
#define N_ALIAS_PARTS 3
#define ENABLES	      "enables"

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

static VmfcIndexEntry *
add_entry(VmfcPluginIndex *index, const gchar *name)
{
	VmfcIndexEntry *entry = g_new0(VmfcIndexEntry, 1);

	entry->name = g_strdup(name);
	entry->aliases = g_ptr_array_new_with_free_func((GDestroyNotify)alias_free);
	g_ptr_array_add(index->entries, entry);
	return entry;
}

/* Returns: (transfer none): an empty entry, which replaces one of that name */
static VmfcIndexEntry *
replace_entry(VmfcPluginIndex *index, const gchar *name)
{
	VmfcIndexEntry *entry = add_entry(index, name);

	for (guint i = 0; i + 1 < index->entries->len; i++) {
		VmfcIndexEntry *old = index->entries->pdata[i];
		if (!g_str_equal(old->name, name))
			continue;
		g_ptr_array_steal_index(index->entries, index->entries->len - 1);
		index->entries->pdata[i] = entry;
		entry_free(old);
	}
	return entry;
}

static void
add_alias(VmfcIndexEntry *entry, const gchar *name, const gchar *option, const gchar *argument,
	  const gchar *help, gboolean enables)
{
	VmfcIndexAlias *alias = g_new0(VmfcIndexAlias, 1);

	alias->name = g_strdup(name);
	alias->option = g_strdup(option);
	alias->argument = g_strdup(argument);
	alias->help = g_strdup(help);
	alias->enables = enables;
	g_ptr_array_add(entry->aliases, alias);
}

/* ------------------------------------------------------------- reading */

static gboolean
read_alias(VmfcIndexEntry *entry, GKeyFile *file, const gchar *key, GError **error)
{
	g_auto(GStrv) parts = g_key_file_get_string_list(file, entry->name, key, NULL, NULL);

	guint n_parts = parts != NULL ? g_strv_length(parts) : 0;
	gboolean enables = n_parts == N_ALIAS_PARTS + 1 &&
			   g_str_equal(parts[N_ALIAS_PARTS], ENABLES);

	if (n_parts != N_ALIAS_PARTS && !enables) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
			    "[%s] %s is not of the form option;argument;help, with ;" ENABLES
			    " after it where it makes the plugin take part",
			    entry->name, key);
		return FALSE;
	}
	add_alias(entry, key + strlen(ALIAS), parts[0], parts[1], parts[2], enables);
	return TRUE;
}

static gboolean
read_key(VmfcIndexEntry *entry, GKeyFile *file, const gchar *key, GError **error)
{
	gchar **text = g_str_equal(key, "kind")	       ? &entry->kind
		       : g_str_equal(key, "group")     ? &entry->group
		       : g_str_equal(key, "extension") ? &entry->extension
						       : NULL;

	if (g_str_has_prefix(key, ALIAS))
		return read_alias(entry, file, key, error);
	if (text != NULL) {
		*text = g_key_file_get_string(file, entry->name, key, error);
		return *text != NULL;
	}
	if (!g_str_equal(key, "only-appends")) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "[%s] has the unknown key '%s'",
			    entry->name, key);
		return FALSE;
	}
	g_autofree gchar *value = g_key_file_get_value(file, entry->name, key, NULL);
	entry->only_appends = g_strcmp0(value, "true") == 0;
	if (entry->only_appends || g_strcmp0(value, "false") == 0)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT, "[%s] %s is '%s', not true or false",
		    entry->name, key, value);
	return FALSE;
}

static gboolean
read_entry(VmfcPluginIndex *index, GKeyFile *file, const gchar *name, GError **error)
{
	static const gchar *const kinds[] = {"sampler", "workload", "sink", NULL};
	g_auto(GStrv) keys = g_key_file_get_keys(file, name, NULL, NULL);
	VmfcIndexEntry *entry = add_entry(index, name);

	for (guint i = 0; keys != NULL && keys[i] != NULL; i++) {
		if (!read_key(entry, file, keys[i], error))
			return FALSE;
	}
	if (entry->kind != NULL && g_strv_contains(kinds, entry->kind))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT,
		    "[%s] has the kind '%s', which is not sampler, workload or sink", name,
		    entry->kind != NULL ? entry->kind : "");
	return FALSE;
}

/* @text: a key file with a group for each plugin */
VmfcPluginIndex *
vmfc_plugin_index_parse(const gchar *text, gsize length, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(VmfcPluginIndex) index = g_new0(VmfcPluginIndex, 1);

	index->entries = g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
	if (!g_key_file_load_from_data(file, text, length, G_KEY_FILE_NONE, error))
		return NULL;
	g_auto(GStrv) names = g_key_file_get_groups(file, NULL);
	for (guint i = 0; names[i] != NULL; i++) {
		if (!read_entry(index, file, names[i], error))
			return NULL;
	}
	return g_steal_pointer(&index);
}

/* Returns: (transfer full): the index in a file; %NULL with @error set */
VmfcPluginIndex *
vmfc_plugin_index_read(const gchar *path, GError **error)
{
	g_autofree gchar *real = realpath(path, NULL);
	gsize length;

	if (vmfc_file_trust_is_privileged() && real != NULL && !vmfc_file_trust_check(real, error))
		return NULL;
	/* resolve links first, so that the checked file is the one that is read */
	g_autofree gchar *text = vmfc_regular_file_read(real != NULL ? real : path, MAX_SIZE,
							&length, error);
	return text != NULL ? vmfc_plugin_index_parse(text, length, error) : NULL;
}

/* Returns: (transfer full): the index of this program; empty if it cannot be used */
VmfcPluginIndex *
vmfc_plugin_index_new(void)
{
	g_autofree gchar *folder = vmfc_install_path_build("plugins", VMFC_PLUGINDIR);
	g_autofree gchar *path = g_build_filename(folder, NAME, NULL);
	g_autoptr(GError) error = NULL;
	VmfcPluginIndex *index = vmfc_plugin_index_read(path, &error);

	if (index != NULL)
		return index;
	index = vmfc_plugin_index_parse("", 0, NULL);
	g_assert(index != NULL);
	index->failure = g_strdup_printf("the index of plugins %s cannot be used (%s): vmfc loads "
					 "all plugins at each start until you install it again",
					 path, error->message);
	return index;
}

/* The descriptor of a plugin wins over the index. */
void
vmfc_plugin_index_add(VmfcPluginIndex *index, const VmfcPlugin *plugin)
{
	VmfcIndexEntry *entry = replace_entry(index, plugin->name);

	entry->kind = g_strdup(plugin->sampler != NULL	  ? "sampler"
			       : plugin->workload != NULL ? "workload"
							  : "sink");
	entry->group = g_strdup(plugin->group);
	/* the descriptor and table of an older plugin end before the rest */
	if (plugin->abi_minor < 5)
		return;
	if (plugin->sink != NULL) {
		entry->extension = g_strdup(plugin->sink->extension);
		entry->only_appends = plugin->sink->only_appends;
	}
	for (const VmfcAlias *alias = plugin->aliases; alias != NULL && alias->name != NULL;
	     alias++)
		add_alias(entry, alias->name, alias->option, alias->argument, alias->help,
			  alias->enables);
}

/* -------------------------------------------------------------- lookup */

/* Returns: (transfer none) (nullable): the entry of a plugin */
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

/* Returns: (transfer full): the extensions of all sinks */
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

/*
 * @last_separator: between the last two sinks
 *
 * Returns: (transfer full): the sinks that write files, as a list for the user
 */
gchar *
vmfc_plugin_index_list_formats(const VmfcPluginIndex *index, const gchar *last_separator)
{
	g_autoptr(GString) list = g_string_new(NULL);
	gsize last = 0;

	for (guint i = 0; i < index->entries->len; i++) {
		const VmfcIndexEntry *entry = index->entries->pdata[i];
		if (entry->extension == NULL)
			continue;
		last = list->len;
		g_string_append_printf(list, "%s%s", last > 0 ? ", " : "", entry->name);
	}
	if (last > 0) {
		g_string_erase(list, (gssize)last, (gssize)strlen(", "));
		g_string_insert(list, (gssize)last, last_separator);
	}
	return g_strdup(list->str);
}
