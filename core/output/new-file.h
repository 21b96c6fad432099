/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Creates files that have their content when they get their name. */

/* Size of the space that a file reserves on the disk at a time, in bytes. */
#define VMFC_NEW_FILE_ROOM (64 * 1024)
/* What follows the name of a file that vmfc_new_file_replace_alone() writes. */
#define VMFC_NEW_FILE_ALONE ".new"

gint
vmfc_new_file_create(const gchar *path, const gchar *start, gboolean sync);
gboolean
vmfc_new_file_replace(const gchar *path, const gchar *text, gint *lock, GError **error);
gboolean
vmfc_new_file_replace_alone(const gchar *path, const gchar *text, GError **error);
gboolean
vmfc_new_file_has_plenty(gint fd);
gboolean
vmfc_new_file_rename(const gchar *from, const gchar *to);
gint
vmfc_new_file_write_all(gint fd, const gchar *text, gsize length, goffset at);
