/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output/path-check.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

/* What a run adds to a name: while it is written, and as a part. */
#define TEMPORARY 7
#define NUMBER	  8

static gboolean
check(const gchar *path, gboolean is_numbered)
{
	g_autoptr(GError) error = NULL;

	if (vmfc_path_check(path, is_numbered, &error))
		return TRUE;
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, "choose a shorter one"));
	return FALSE;
}

/* The name of the file has room for more; those of its folders need none. */
static void
test_names(void)
{
	gsize longest = (gsize)pathconf("/", _PC_NAME_MAX);

	for (guint is_numbered = 0; is_numbered < 2; is_numbered++) {
		gsize room = longest - TEMPORARY - (is_numbered ? NUMBER : 0);
		for (gsize length = room - 1; length <= longest + 1; length++) {
			g_autofree gchar *name = g_strnfill(length, 'x');
			g_autofree gchar *file = g_strconcat("/", name, NULL);
			g_autofree gchar *folder = g_strconcat("/", name, "/a", NULL);
			g_assert_cmpint(check(file, is_numbered), ==, length <= room);
			g_assert_cmpint(check(folder, is_numbered), ==, length <= longest);
		}
	}
}

/* The path with what is added, and the NUL after it, fits into PATH_MAX. */
static void
test_paths(void)
{
	g_autoptr(GString) path = g_string_new(NULL);

	for (guint i = 0; path->len < PATH_MAX - 100; i++)
		g_string_append(path, "/abcdefgh");
	while (path->len < PATH_MAX + 20) {
		g_assert_cmpint(check(path->str, FALSE), ==, path->len + TEMPORARY < PATH_MAX);
		g_assert_cmpint(check(path->str, TRUE), ==,
				path->len + TEMPORARY + NUMBER < PATH_MAX);
		g_string_append_c(path, 'x');
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/path-check/names", test_names);
	g_test_add_func("/path-check/paths", test_paths);
	return g_test_run();
}
