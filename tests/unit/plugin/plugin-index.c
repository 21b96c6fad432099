/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "plugin/plugin-index.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "plugin/registry.h"

/* ----------------------------------------------------- what a file says */

static VmfcPluginIndex *
parse(const gchar *text)
{
	g_autoptr(GError) error = NULL;
	VmfcPluginIndex *index = vmfc_plugin_index_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	return index;
}

static void
test_parses(void)
{
	g_autoptr(VmfcPluginIndex) index = parse("# made by the build\n"
						 "[tray]\nkind=sink\nextension=.tray\n"
						 "only-appends=true\n"
						 "[cup]\nkind=sampler\ngroup=table\n"
						 "alias-cup-size=size;ML;What it holds, as a\\;b\n"
						 "alias-cup=name;NAME;Which one;enables\n");
	const VmfcIndexEntry *tray = vmfc_plugin_index_find(index, "tray");
	const VmfcIndexEntry *cup = vmfc_plugin_index_find(index, "cup");
	g_auto(GStrv) extensions = vmfc_plugin_index_list_extensions(index);

	g_assert_cmpuint(index->entries->len, ==, 2);
	g_assert_cmpstr(tray->kind, ==, "sink");
	g_assert_null(tray->group);
	g_assert_true(tray->only_appends);
	g_assert_cmpuint(tray->aliases->len, ==, 0);
	g_assert_cmpuint(g_strv_length(extensions), ==, 1);
	g_assert_cmpstr(extensions[0], ==, ".tray");
	g_assert_cmpstr(cup->group, ==, "table");
	g_assert_null(cup->extension);
	g_assert_false(cup->only_appends);
	g_assert_cmpuint(cup->aliases->len, ==, 2);
	const VmfcIndexAlias *alias = cup->aliases->pdata[0];
	g_assert_cmpstr(alias->name, ==, "cup-size");
	g_assert_cmpstr(alias->option, ==, "size");
	g_assert_cmpstr(alias->argument, ==, "ML");
	g_assert_cmpstr(alias->help, ==, "What it holds, as a;b");
	g_assert_false(alias->enables);
	alias = cup->aliases->pdata[1];
	g_assert_cmpstr(alias->help, ==, "Which one");
	g_assert_true(alias->enables);
	g_assert_null(vmfc_plugin_index_find(index, "saucer"));
}

static void
test_mistakes(void)
{
	static const struct {
		const gchar *text;
		const gchar *says;
	} cases[] = {
		{"[cup]\ngroup=table\n", "[cup] has the kind '', which is not sampler, *"},
		{"[cup]\nkind=vessel\n", "[cup] has the kind 'vessel', which is not sampler, *"},
		{"[cup]\nkind=sampler\ncolour=red\n", "[cup] has the unknown key 'colour'"},
		{"[cup]\nkind=sink\nonly-appends=maybe\n",
		 "[cup] only-appends is 'maybe', not true or false"},
		{"[cup]\nkind=sampler\nalias-cup=name;NAME\n",
		 "[cup] alias-cup is not of the form option;argument;help*"},
		{"[cup]\nkind=sampler\nalias-cup=name;NAME;Help;more\n",
		 "[cup] alias-cup is not of the form option;argument;help*"},
		{"kind=sampler\n", "*"},
		{"[cup\n", "*"},
		{"[cup]\nkind=\xff\n", "*"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		gsize length = strlen(cases[i].text);
		g_assert_null(vmfc_plugin_index_parse(cases[i].text, length, &error));
		g_test_message("%s", error->message);
		g_autofree gchar *says = g_strescape(error->message, NULL);
		g_autoptr(GPatternSpec) wanted = g_pattern_spec_new(cases[i].says);
		g_assert_true(g_pattern_spec_match_string(wanted, says));
	}
}

/* Each message names the path and the reason. */
static void
assert_unreadable(const gchar *path, const gchar *reason)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(vmfc_plugin_index_read(path, &error));
	g_assert_nonnull(strstr(error->message, path));
	g_assert_nonnull(strstr(error->message, reason));
}

static void
test_unreadable(void)
{
	g_autofree gchar *folder = g_dir_make_tmp("vmfc-index-XXXXXX", NULL);
	g_autofree gchar *path = g_build_filename(folder, "plugins.index", NULL);
	g_autoptr(GError) error = NULL;

	assert_unreadable(path, "No such file");
	assert_unreadable(folder, "is a folder");
	g_assert_true(g_file_set_contents(path, "[cup]\nkind=sampler\n", -1, NULL));
	g_assert_cmpint(g_chmod(path, 0644), ==, 0);
	g_autoptr(VmfcPluginIndex) index = vmfc_plugin_index_read(path, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(index->entries->len, ==, 1);
	g_assert_cmpint(g_chmod(path, 0646), ==, 0);
	if (geteuid() == 0)
		assert_unreadable(path, "is writable by users other than root");
	g_unlink(path);
	g_rmdir(folder);
}

/* ------------------------------------------- what the build's index says */

static void
assert_same_aliases(const GPtrArray *built, const GPtrArray *declared)
{
	g_assert_cmpuint(built->len, ==, declared->len);
	for (guint i = 0; i < built->len; i++) {
		const VmfcIndexAlias *left = built->pdata[i];
		const VmfcIndexAlias *right = declared->pdata[i];
		g_assert_cmpstr(left->name, ==, right->name);
		g_assert_cmpstr(left->option, ==, right->option);
		g_assert_cmpstr(left->argument, ==, right->argument);
		g_assert_cmpstr(left->help, ==, right->help);
		g_assert_cmpint(left->enables, ==, right->enables);
	}
}

/* Returns: (transfer full): what the plugins declare once they are loaded */
static VmfcPluginIndex *
load_plugins(void)
{
	VmfcPluginIndex *index = parse("");
	g_autoptr(VmfcRegistry) registry = vmfc_registry_new(g_getenv("VMFC_TEST_PLUGINS"), index);
	const GPtrArray *entries = vmfc_registry_get_entries(registry);

	vmfc_registry_open_all(registry);
	for (guint i = 0; i < entries->len; i++) {
		const VmfcRegistryEntry *entry = entries->pdata[i];
		g_assert_no_error(entry->refusal);
		vmfc_plugin_index_add(index, entry->plugin);
	}
	return index;
}

static void
test_says_what_plugins_declare(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcPluginIndex) built = vmfc_plugin_index_read(g_getenv("VMFC_TEST_INDEX"),
								  &error);
	g_assert_no_error(error);
	g_autoptr(VmfcPluginIndex) declared = load_plugins();

	g_assert_cmpuint(built->entries->len, >, 10);
	g_assert_cmpuint(built->entries->len, ==, declared->entries->len);
	for (guint i = 0; i < built->entries->len; i++) {
		const VmfcIndexEntry *left = built->entries->pdata[i];
		const VmfcIndexEntry *right = vmfc_plugin_index_find(declared, left->name);
		g_test_message("%s", left->name);
		g_assert_nonnull(right);
		g_assert_cmpstr(left->kind, ==, right->kind);
		g_assert_cmpstr(left->group, ==, right->group);
		g_assert_cmpstr(left->extension, ==, right->extension);
		g_assert_cmpint(left->only_appends, ==, right->only_appends);
		assert_same_aliases(left->aliases, right->aliases);
	}
}

/* as where the package of a plugin is not installed: the index lists it, and it has no file */
static void
test_not_installed(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(VmfcPluginIndex) index = parse("[far_away]\nkind=sink\n");
	g_autoptr(VmfcRegistry) registry = vmfc_registry_new(g_getenv("VMFC_TEST_PLUGINS"), index);

	g_assert_null(vmfc_registry_lookup(registry, "far_away", &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, "install the package vmfc-far-away"));
	g_clear_error(&error);
	g_assert_null(vmfc_registry_lookup(registry, "nosuch", &error));
	g_assert_nonnull(strstr(error->message, "unknown plugin 'nosuch'"));
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugin-index/parses", test_parses);
	g_test_add_func("/plugin-index/mistakes", test_mistakes);
	g_test_add_func("/plugin-index/unreadable", test_unreadable);
	g_test_add_func("/plugin-index/says-what-plugins-declare", test_says_what_plugins_declare);
	g_test_add_func("/plugin-index/not-installed", test_not_installed);
	return g_test_run();
}
