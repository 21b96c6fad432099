/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

/*
 * Folders, files and links that no user but root and that of vmfc can have made or can replace. No
 * function follows a link in the tree.
 *
 * @at: descriptor of the folder; @path: of the same folder, for messages
 */

gint
powercap_place_open(const gchar *path, GError **error);
gint
powercap_place_open_folder(gint at, const gchar *path, const gchar *name, GError **error);
gint
powercap_place_open_file(gint at, const gchar *path, const gchar *name, mode_t mode,
			 GError **error);
gboolean
powercap_place_has(gint at, const gchar *name);
gboolean
powercap_place_link(gint at, const gchar *path, const gchar *name, const gchar *target,
		    GError **error);
gboolean
powercap_place_unlink(gint at, const gchar *path, const gchar *name, const gchar *target,
		      GError **error);
void
powercap_place_set_errno(const gchar *path, const gchar *name, const gchar *what, GError **error);
