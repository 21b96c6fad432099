/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib/gstdio.h>

/*
 * Makes a temporary file, which the test has to delete.
 *
 * @name: with XXXXXX, which is replaced
 *
 * Returns: (transfer full): its path
 */
static inline gchar *
text_file_new(const gchar *name, const gchar *text)
{
	gchar *path = NULL;
	gint fd = g_file_open_tmp(name, &path, NULL);

	g_assert_cmpint(fd, >=, 0);
	g_assert_true(g_close(fd, NULL));
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}
