/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Files that appear under their names with what is to be in them. */

/* For how much text the disk gives a file room at a time, in bytes. */
#define VMFC_NEW_FILE_ROOM (64 * 1024)

gint
vmfc_new_file_create(const gchar *path, const gchar *start, gboolean sync);
gboolean
vmfc_new_file_replace(const gchar *path, const gchar *text, gint *lock, GError **error);
gboolean
vmfc_new_file_has_plenty(gint fd);
gboolean
vmfc_new_file_rename(const gchar *from, const gchar *to);
gint
vmfc_new_file_write_all(gint fd, const gchar *text, gsize length, goffset at);
