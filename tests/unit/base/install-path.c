/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Where a program finds what belongs to it: in the build tree, installed, and moved. */

#include "base/install-path.h"

#include <glib/gstdio.h>

#include "config.h"

/* In place of GLib's, see meson.build: the path of this program; NULL: it cannot be read. */
static gchar *program;

#pragma GCC visibility push(default)
gchar *
__wrap_g_file_read_link(const gchar *path, GError **error);
#pragma GCC visibility pop

gchar *
__wrap_g_file_read_link(const gchar *path, G_GNUC_UNUSED GError **error)
{
	g_assert_cmpstr(path, ==, "/proc/self/exe");
	return g_strdup(program);
}

/* @path: (transfer full) (nullable): */
static void
set_program(gchar *path)
{
	g_free(program);
	program = path;
}

static void
assert_built(const gchar *built, const gchar *installed, const gchar *expected)
{
	g_autofree gchar *path = vmfc_install_path_build(built, installed);
	g_assert_cmpstr(path, ==, expected);
}

/* The program, and a tool, which is some folders below it. */
static void
test_build_tree(void)
{
	static const gchar *const programs[] = {"vmfc", "core/tools/vmfc-merge"};
	g_autofree gchar *tree = g_dir_make_tmp("vmfc-install-XXXXXX", NULL);
	g_autofree gchar *mark = g_build_filename(tree, "meson-info", NULL);
	g_autofree gchar *plugins = g_build_filename(tree, "plugins", NULL);
	g_autofree gchar *tools = g_build_filename(tree, "core/tools", NULL);

	g_assert_cmpint(g_mkdir(mark, 0755), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
		set_program(g_build_filename(tree, programs[i], NULL));
		g_assert_true(vmfc_install_path_is_build_tree());
		assert_built("plugins", "lib/vmfc", plugins);
		/* an absolute folder of the installation is not that of the build tree */
		assert_built("plugins", "/usr/lib/vmfc", plugins);
		g_autofree gchar *found = vmfc_install_path_find_tools();
		g_assert_cmpstr(found, ==, tools);
	}
	g_assert_cmpint(g_rmdir(mark), ==, 0);
	g_assert_false(vmfc_install_path_is_build_tree());
	g_assert_cmpint(g_rmdir(tree), ==, 0);
}

/* All that was installed may have been moved together: program and tools find the same prefix. */
static void
test_moved(void)
{
	static const gchar *const folders[] = {VMFC_BINDIR, VMFC_TOOLDIR};

	for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
		set_program(g_build_filename("/moved/to", folders[i], "vmfc", NULL));
		g_assert_false(vmfc_install_path_is_build_tree());
		if (!g_path_is_absolute(folders[i]))
			assert_built("plugins", "lib/x", "/moved/to/lib/x");
		assert_built("plugins", "/etc/x", "/etc/x");
	}
}

/* A folder whose name only ends in the same letters is another one. */
static void
test_elsewhere(void)
{
	static const gchar *const programs[] = {"/home/me/s" VMFC_BINDIR "/vmfc", "/vmfc", NULL};
	g_autofree gchar *expected = g_build_filename(VMFC_PREFIX, "lib/x", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
		set_program(g_strdup(programs[i]));
		g_assert_false(vmfc_install_path_is_build_tree());
		assert_built("plugins", "lib/x", expected);
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/install-path/build-tree", test_build_tree);
	g_test_add_func("/install-path/moved", test_moved);
	g_test_add_func("/install-path/elsewhere", test_elsewhere);
	gint code = g_test_run();
	set_program(NULL);
	return code;
}
