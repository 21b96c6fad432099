/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "inspect/version.h"

#include "built-with.h"
#include "config.h"
#include "vmfc/vmfc-plugin.h"

/* Returns: whether an entry before @n has the same group */
static gboolean
group_is_listed(const VmfcPluginIndex *index, guint n)
{
	const VmfcIndexEntry *entry = index->entries->pdata[n];

	for (guint i = 0; i < n; i++) {
		const VmfcIndexEntry *other = index->entries->pdata[i];
		if (g_strcmp0(other->group, entry->group) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Returns: (transfer full): "GROUP (NAME, NAME)" */
static gchar *
describe_group(const VmfcPluginIndex *index, const gchar *group)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < index->entries->len; i++) {
		const VmfcIndexEntry *entry = index->entries->pdata[i];
		if (g_strcmp0(entry->group, group) == 0)
			g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "",
					       entry->name);
	}
	return g_strdup_printf("%s (%s)", group, names->str);
}

static void
append_kind(GString *text, const VmfcPluginIndex *index, const gchar *kind)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < index->entries->len; i++) {
		const VmfcIndexEntry *entry = index->entries->pdata[i];
		if (!g_str_equal(entry->kind, kind) ||
		    (entry->group != NULL && group_is_listed(index, i)))
			continue;
		g_autofree gchar *name = entry->group != NULL ? describe_group(index, entry->group)
							      : g_strdup(entry->name);
		g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", name);
	}
	if (names->len > 0)
		g_string_append_printf(text, "%ss: %s\n", kind, names->str);
}

/* Returns: (transfer full): the version of vmfc, and what is built in */
gchar *
vmfc_version_describe(const VmfcPluginIndex *index)
{
	static const gchar *const kinds[] = {"sampler", "workload", "sink"};
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "vmfc %s (plugin ABI %d.%d)\n", VMFC_VERSION, VMFC_ABI_MAJOR,
			       VMFC_ABI_MINOR);
	g_string_append(text, "built with: " VMFC_LIBRARIES "\n");
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		append_kind(text, index, kinds[i]);
	g_string_append(text, "tools: " VMFC_TOOL_NAMES "\n");
	return g_string_free(text, FALSE);
}
