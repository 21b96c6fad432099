/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* A file that appears under its name with its beginning in it. */

/* For how much text the disk gives a file room at a time, in bytes. */
#define VMFC_NEW_FILE_ROOM (64 * 1024)

gint
vmfc_new_file_create(const gchar *path, const gchar *start, gboolean sync);
gboolean
vmfc_new_file_has_plenty(gint fd);
