/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output/path-check.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

/* Maximum length of a name if the file system does not report it. */
#define USUAL_NAME_MAX 255
/* Suffixes of a name: while a file is written, and when it gets a number. */
#define TEMPORARY      ".XXXXXX"
#define LONGEST_NUMBER ".1000000"

/* Returns: the maximum length of a name in the folder of @path, in bytes */
static gsize
find_longest_name(const gchar *path)
{
	g_autofree gchar *folder = g_path_get_dirname(path);

	/* folders that do not exist yet will be on the same file system */
	while (!g_file_test(folder, G_FILE_TEST_IS_DIR) && !g_str_equal(folder, "/") &&
	       !g_str_equal(folder, ".")) {
		gchar *above = g_path_get_dirname(folder);
		g_free(folder);
		folder = above;
	}
	glong longest = pathconf(folder, _PC_NAME_MAX);
	return longest > 0 ? (gsize)longest : USUAL_NAME_MAX;
}

/*
 * Returns: whether a file and the folders above it can have these names. It is checked before vmfc
 *   creates the folders.
 *
 * @path: of the file with the longest name, for example the meta file
 * @is_numbered: parts get numbers, --rotate
 */
gboolean
vmfc_path_check(const gchar *path, gboolean is_numbered, GError **error)
{
	gsize n_more = strlen(TEMPORARY) + (is_numbered ? strlen(LONGEST_NUMBER) : 0);
	g_auto(GStrv) names = g_strsplit(path, "/", -1);
	gsize longest = find_longest_name(path);

	for (guint i = 0; names[i] != NULL; i++) {
		gsize room = longest - (names[i + 1] == NULL ? MIN(n_more, longest) : 0);
		if (strlen(names[i]) <= room)
			continue;
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "the name '%s' has %" G_GSIZE_FORMAT
			    " bytes, and with what this run adds to it %" G_GSIZE_FORMAT
			    " are allowed: choose a shorter one",
			    names[i], strlen(names[i]), room);
		return FALSE;
	}
	if (strlen(path) + n_more < PATH_MAX)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "the path '%.40s...' is longer than %d bytes: choose a shorter one", path,
		    PATH_MAX - 1);
	return FALSE;
}
