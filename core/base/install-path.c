/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/install-path.h"

#include <string.h>

#include "config.h"

/* The folder of the tools in the build tree. */
#define BUILT_TOOLS "core/tools"

/*
 * Returns: the folder of the running program, which may have been moved (DESTDIR, another prefix)
 */
static gchar *
find_folder(void)
{
	g_autofree gchar *program = g_file_read_link("/proc/self/exe", NULL);
	return program != NULL ? g_path_get_dirname(program) : g_strdup("/");
}

/*
 * @end: a relative path, such as "libexec/vmfc"
 *
 * Returns: (transfer full) (nullable): @folder without @end, with a slash at its end; %NULL if
 *   @folder does not end with @end
 */
static gchar *
remove_end(const gchar *folder, const gchar *end)
{
	g_autofree gchar *with_slash = g_strconcat("/", end, NULL);

	if (g_path_is_absolute(end) || !g_str_has_suffix(folder, with_slash))
		return NULL;
	return g_strndup(folder, strlen(folder) - strlen(end));
}

/* Returns: (transfer full) (nullable): the build tree of this program; %NULL if it is installed */
static gchar *
find_build_tree(void)
{
	g_autofree gchar *folder = find_folder();
	g_autofree gchar *above_tools = remove_end(folder, BUILT_TOOLS);
	const gchar *top = above_tools != NULL ? above_tools : folder;
	g_autofree gchar *mark = g_build_filename(top, "meson-info", NULL);

	return g_file_test(mark, G_FILE_TEST_IS_DIR) ? g_strdup(top) : NULL;
}

/* Returns: (transfer full): the prefix of the installed program */
static gchar *
find_prefix(void)
{
	g_autofree gchar *folder = find_folder();
	gchar *prefix = remove_end(folder, VMFC_BINDIR);

	if (prefix == NULL)
		prefix = remove_end(folder, VMFC_TOOLDIR);
	return prefix != NULL ? prefix : g_strdup(VMFC_PREFIX);
}

/* Returns: whether this program runs from its build tree */
gboolean
vmfc_install_path_is_build_tree(void)
{
	g_autofree gchar *tree = find_build_tree();
	return tree != NULL;
}

/*
 * @built: a folder of the build tree
 * @installed: the same folder when installed: relative to the prefix, or absolute
 *
 * Returns: (transfer full): the path of the one that belongs to this program
 */
gchar *
vmfc_install_path_build(const gchar *built, const gchar *installed)
{
	g_autofree gchar *tree = find_build_tree();

	if (tree != NULL)
		return g_build_filename(tree, built, NULL);
	if (g_path_is_absolute(installed))
		return g_strdup(installed);
	g_autofree gchar *prefix = find_prefix();
	return g_build_filename(prefix, installed, NULL);
}

/* Returns: (transfer full): the folder of the tools that come with vmfc */
gchar *
vmfc_install_path_find_tools(void)
{
	return vmfc_install_path_build(BUILT_TOOLS, VMFC_TOOLDIR);
}
