/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* In place of a fuzzer's own main: runs it once over all files of a folder. */

#include "fuzz.h"

#include <glib.h>

int
main(int argc, char *argv[])
{
	g_assert_cmpint(argc, ==, 2);
	g_autoptr(GDir) dir = g_dir_open(argv[1], 0, NULL);
	g_assert_nonnull(dir);
	guint n = 0;
	const gchar *name;

	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree gchar *path = g_build_filename(argv[1], name, NULL);
		g_autofree gchar *text = NULL;
		gsize length;
		g_assert_true(g_file_get_contents(path, &text, &length, NULL));
		LLVMFuzzerTestOneInput((const uint8_t *)text, length);
		n++;
	}
	/* an empty folder would prove nothing */
	g_assert_cmpuint(n, >, 0);
	g_print("%u texts\n", n);
	return 0;
}
