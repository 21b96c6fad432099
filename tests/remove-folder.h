/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Removes the folder and all that is in it, or the file. */
static inline void
remove_folder(const gchar *folder)
{
	const gchar *command[] = {"rm", "-r", folder, NULL};

	g_assert_true(g_spawn_sync(NULL, (gchar **)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
				   NULL, NULL, NULL, NULL));
}
