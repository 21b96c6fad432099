/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which plugins are found, in which order, and which of them are loaded. */

#include "plugin/registry.h"

#include <string.h>

static VmfcPluginIndex *
parse(const gchar *text)
{
	VmfcPluginIndex *index = vmfc_plugin_index_parse(text, strlen(text), NULL);

	g_assert_nonnull(index);
	return index;
}

/* @names: NULL: it is refused for @reason */
static void
assert_selected(VmfcRegistry *registry, const gchar *list, const gchar *names, const gchar *reason)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) plugins = vmfc_registry_select(registry, list, &error);
	g_autoptr(GString) found = g_string_new(NULL);

	g_test_message("%s", list);
	if (names == NULL) {
		g_assert_null(plugins);
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		g_assert_nonnull(strstr(error->message, reason));
		return;
	}
	g_assert_no_error(error);
	for (guint i = 0; i < plugins->len; i++) {
		const VmfcPlugin *plugin = plugins->pdata[i];
		g_string_append_printf(found, "%s%s", i > 0 ? "," : "", plugin->name);
	}
	g_assert_cmpstr(found->str, ==, names);
}

/* Each plugin once, in the order of its rank, also if a group of it is named, too. */
static void
test_select(void)
{
	/* of plugins of others the index says nothing, whatever names it has */
	g_autoptr(VmfcPluginIndex) index = parse("[mem]\nkind=sink\ngroup=other\n");
	g_autoptr(VmfcRegistry) registry = vmfc_registry_new(g_getenv("VMFC_TEST_PLUGINS"), index);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) group = vmfc_registry_select(registry, "proc", &error);
	gboolean has_mem = FALSE;

	g_assert_no_error(error);
	for (guint i = 0; i < group->len; i++) {
		const VmfcPlugin *plugin = group->pdata[i];
		g_assert_cmpstr(plugin->group, ==, "proc");
		has_mem |= g_str_equal(plugin->name, "mem");
		g_assert_true(i == 0 ||
			      vmfc_plugin_compare(&group->pdata[i - 1], &group->pdata[i]) < 0);
	}
	g_assert_true(has_mem);
	g_autoptr(GPtrArray) both = vmfc_registry_select(registry, "mem,proc, cpu ,proc", NULL);
	g_assert_cmpuint(both->len, ==, group->len);
	assert_selected(registry, "mem,cpu,mem", "cpu,mem", NULL);
	assert_selected(registry, "mem,csv", "csv,mem", NULL);
	assert_selected(registry, "mem,,cpu", NULL, "has an empty part");
	assert_selected(registry, "", "", NULL);
	assert_selected(registry, "mem,prco", NULL, "did you mean proc?");
	assert_selected(registry, "memm", NULL, "did you mean mem?");
}

/* All workloads of others, whether or not the index has their names. */
static void
test_workloads(void)
{
	g_autoptr(VmfcPluginIndex) index = parse("[trace]\nkind=sampler\n");
	g_autoptr(VmfcRegistry) registry = vmfc_registry_new(g_getenv("VMFC_TEST_PLUGINS"), index);
	g_autoptr(GPtrArray) workloads = vmfc_registry_list_workloads(registry);
	gboolean has_trace = FALSE;

	g_assert_cmpuint(workloads->len, >=, 3);
	for (guint i = 0; i < workloads->len; i++) {
		const VmfcPlugin *plugin = workloads->pdata[i];
		g_assert_nonnull(plugin->workload);
		has_trace |= g_str_equal(plugin->name, "trace");
	}
	g_assert_true(has_trace);
}

/* Names in alphabetical order, where their rank is the same. */
static void
test_compare(void)
{
	static const VmfcPlugin plugins[] = {
		{.name = "b", .rank = -1}, {.name = "a"}, {.name = "c"}, {.name = "a", .rank = 1}};

	for (guint i = 0; i < G_N_ELEMENTS(plugins); i++) {
		for (guint j = 0; j < G_N_ELEMENTS(plugins); j++) {
			const VmfcPlugin *left = &plugins[i];
			const VmfcPlugin *right = &plugins[j];
			gint order = vmfc_plugin_compare(&left, &right);
			g_assert_cmpint(CLAMP(order, -1, 1), ==, i < j ? -1 : i > j);
		}
	}
}

/* The first plugin of a name wins, and the user reads why another one does not. */
static void
test_taken(void)
{
	g_autoptr(VmfcPluginIndex) index = parse("");
	const gchar *modules = g_getenv("VMFC_TEST_MODULES");
	g_autofree gchar *path = g_strdup_printf(":%s::%s/.:", modules, modules);
	g_autoptr(VmfcRegistry) registry = vmfc_registry_new(path, index);
	const GPtrArray *entries = vmfc_registry_get_entries(registry);

	vmfc_registry_open_all(registry);
	g_assert_cmpuint(entries->len % 2, ==, 0);
	g_assert_cmpuint(entries->len, >, 10);
	for (guint i = 0; i < entries->len / 2; i++) {
		const VmfcRegistryEntry *first = entries->pdata[i];
		const VmfcRegistryEntry *second = entries->pdata[i + entries->len / 2];
		g_assert_cmpstr(first->name, ==, second->name);
		g_assert_true((first->plugin != NULL) == (first->refusal == NULL));
		g_assert_null(second->plugin);
		g_assert_nonnull(strstr(second->refusal->message, "the name is taken by "));
		g_assert_nonnull(strstr(second->refusal->message, first->path));
		g_assert_true(i == 0 || strcmp(((VmfcRegistryEntry *)entries->pdata[i - 1])->name,
					       first->name) < 0);
	}
	g_assert_true(vmfc_registry_has(registry, "no_symbol"));
	g_assert_false(vmfc_registry_has(registry, "nothing"));
	assert_selected(registry, "no_symbol", NULL, "it has no symbol vmfc_plugin");
}

/* Plugins of others are in the index only if the user needs them there. */
static void
test_describe(void)
{
	g_autoptr(VmfcPluginIndex) index = parse("");
	g_autoptr(VmfcRegistry) registry = vmfc_registry_new(g_getenv("VMFC_TEST_MODULES"), index);

	vmfc_registry_describe(registry, index, FALSE);
	g_assert_cmpuint(index->entries->len, ==, 0);
	vmfc_registry_describe(registry, index, TRUE);
	const VmfcIndexEntry *tray = vmfc_plugin_index_find(index, "tray");
	g_assert_nonnull(tray);
	g_assert_cmpstr(tray->kind, ==, "sink");
	/* what is refused is not described */
	g_assert_null(vmfc_plugin_index_find(index, "no_symbol"));
	guint n_entries = index->entries->len;
	vmfc_registry_describe(registry, index, TRUE);
	g_assert_cmpuint(index->entries->len, ==, n_entries);
}

/* What stands where a newer minor has a field is not read. */
static void
test_older(void)
{
	g_autoptr(VmfcPluginIndex) index = parse("[tray]\nkind=sampler\nextension=.x\n"
						 "[cup]\nkind=sampler\n");
	const VmfcAlias aliases[] = {{"tray", "size", "N", "How large"}, {NULL}};
	const VmfcSink sink = {.extension = ".tray", .only_appends = TRUE};
	VmfcPlugin plugin = {.abi_minor = 4, .name = "tray", .sink = &sink, .aliases = aliases};

	vmfc_plugin_index_add(index, &plugin);
	const VmfcIndexEntry *entry = index->entries->pdata[0];
	g_assert_cmpuint(index->entries->len, ==, 2);
	g_assert_cmpstr(entry->name, ==, "tray");
	g_assert_cmpstr(entry->kind, ==, "sink");
	g_assert_null(entry->extension);
	g_assert_false(entry->only_appends);
	g_assert_cmpuint(entry->aliases->len, ==, 0);
	plugin.abi_minor = 5;
	vmfc_plugin_index_add(index, &plugin);
	entry = vmfc_plugin_index_find(index, "tray");
	g_assert_cmpuint(index->entries->len, ==, 2);
	g_assert_cmpstr(entry->extension, ==, ".tray");
	g_assert_true(entry->only_appends);
	g_assert_cmpuint(entry->aliases->len, ==, 1);
	g_autofree gchar *one = vmfc_plugin_index_list_formats(index, " and ");
	g_assert_cmpstr(one, ==, "tray");
}

static void
test_formats(void)
{
	g_autoptr(VmfcPluginIndex) index = parse("[a]\nkind=sink\nextension=.a\n"
						 "[b]\nkind=sink\n"
						 "[c]\nkind=sink\nextension=.c\n"
						 "[d]\nkind=sink\nextension=.d\n");
	g_autofree gchar *all = vmfc_plugin_index_list_formats(index, " and ");
	g_autofree gchar *commas = vmfc_plugin_index_list_formats(index, ", ");

	g_assert_cmpstr(all, ==, "a, c and d");
	g_assert_cmpstr(commas, ==, "a, c, d");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_unsetenv("VMFC_PLUGIN_PATH");
	g_test_add_func("/registry/select", test_select);
	g_test_add_func("/registry/workloads", test_workloads);
	g_test_add_func("/registry/compare", test_compare);
	g_test_add_func("/registry/taken", test_taken);
	g_test_add_func("/registry/describe", test_describe);
	g_test_add_func("/registry/older", test_older);
	g_test_add_func("/registry/formats", test_formats);
	return g_test_run();
}
