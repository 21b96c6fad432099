/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Files of a spool have names of this length: 16 digits, and ".frames". */
#define SPOOL_NAME_SIZE 24

/* A folder of frames that belongs to one receiver, and that one vmfc uses at a time. */
typedef struct {
	gchar *path; /* for messages */
	gint fd;
	gint lock_fd;
} SpoolFolder;

gboolean
spool_folder_open(SpoolFolder *folder, const gchar *path, const gchar *receiver, GError **error);
void
spool_folder_close(SpoolFolder *folder);
GArray *
spool_folder_list(const SpoolFolder *folder, GError **error);
void
spool_folder_name(guint64 id, gchar name[SPOOL_NAME_SIZE]);
