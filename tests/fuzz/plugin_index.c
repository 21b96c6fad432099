/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as the index of plugins. */

#include "plugin/plugin-index.h"

#include "fuzz.h"
#include "vmfc/vmfc-plugin.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcPluginIndex) index = vmfc_plugin_index_parse((const gchar *)data, size,
								   &error);

	if (index == NULL) {
		g_assert_nonnull(error);
		return 0;
	}
	g_assert_no_error(error);
	g_auto(GStrv) extensions = vmfc_plugin_index_list_extensions(index);
	g_autofree gchar *formats = vmfc_plugin_index_list_formats(index, " and ");
	guint n_extensions = 0;
	for (guint i = 0; i < index->entries->len; i++) {
		const VmfcIndexEntry *entry = index->entries->pdata[i];
		g_assert_nonnull(entry->kind);
		g_assert_true(vmfc_plugin_index_find(index, entry->name) == entry);
		n_extensions += entry->extension != NULL ? 1 : 0;
		for (guint j = 0; j < entry->aliases->len; j++) {
			const VmfcIndexAlias *alias = entry->aliases->pdata[j];
			g_assert_true(alias->name != NULL && alias->option != NULL &&
				      alias->argument != NULL && alias->help != NULL);
		}
	}
	g_assert_cmpuint(g_strv_length(extensions), ==, n_extensions);
	g_assert_cmpint(formats[0] != '\0', ==, n_extensions > 0);
	return 0;
}
