/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output/output-name.h"

#include <string.h>

/*
 * @path: the value of --output
 * @extensions: of the files of the sinks, with their dots; ends with %NULL
 *
 * Returns: (transfer full): the name that the files of the run share: @path without the longest of
 *   @extensions that it ends with
 */
gchar *
vmfc_output_name_strip(const gchar *path, const gchar *const *extensions)
{
	gsize longest = 0;

	for (guint i = 0; extensions[i] != NULL; i++) {
		if (g_str_has_suffix(path, extensions[i]))
			longest = MAX(longest, strlen(extensions[i]));
	}
	return g_strndup(path, strlen(path) - longest);
}

/* Returns: whether a run whose --output is @path may write records into @file */
gboolean
vmfc_output_name_is_of_run(const gchar *file, const gchar *path, const gchar *const *extensions)
{
	g_autofree gchar *name = vmfc_output_name_strip(path, extensions);
	gboolean found = g_str_equal(file, path);

	for (guint i = 0; extensions[i] != NULL; i++)
		found |= g_str_has_prefix(file, name) &&
			 g_str_equal(file + strlen(name), extensions[i]);
	return found;
}
