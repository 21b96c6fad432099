/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/install-path.h"

#include <string.h>

#include "config.h"

/* Where the program stands that runs now, which may have been moved (DESTDIR, another prefix). */
static gchar *
find_folder(void)
{
	g_autofree gchar *program = g_file_read_link("/proc/self/exe", NULL);
	return program != NULL ? g_path_get_dirname(program) : g_strdup("/");
}

/* Whether this is a program that has been built and not been installed. */
gboolean
vmfc_install_path_is_build_tree(void)
{
	g_autofree gchar *folder = find_folder();
	g_autofree gchar *mark = g_build_filename(folder, "meson-info", NULL);
	return g_file_test(mark, G_FILE_TEST_IS_DIR);
}

/*
 * @built: a folder of the build tree
 * @installed: what it is called once installed: relative to the prefix, or absolute
 *
 * Returns: (transfer full): where that is now
 */
gchar *
vmfc_install_path_build(const gchar *built, const gchar *installed)
{
	g_autofree gchar *place = find_folder();

	if (vmfc_install_path_is_build_tree())
		return g_build_filename(place, built, NULL);
	if (g_path_is_absolute(installed))
		return g_strdup(installed);
	if (g_path_is_absolute(VMFC_BINDIR) || !g_str_has_suffix(place, "/" VMFC_BINDIR))
		return g_build_filename(VMFC_PREFIX, installed, NULL);
	place[strlen(place) - strlen(VMFC_BINDIR)] = '\0';
	return g_build_filename(place, installed, NULL);
}
