/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

static inline guint
count_entries(const gchar *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	guint n = 0;

	while (g_dir_read_name(dir) != NULL)
		n++;
	return n;
}

/* Returns: the number of files that this process has open, and one, which counts them */
static inline guint
count_open(void)
{
	return count_entries("/proc/self/fd");
}
