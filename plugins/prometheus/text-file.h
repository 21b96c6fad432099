/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* A file for the text file collector of node_exporter: replaced as a whole, removed at the end. */
typedef struct _TextFile TextFile;

TextFile *
text_file_open(const gchar *path, GError **error);
gboolean
text_file_replace(TextFile *self, const gchar *text, gsize length, GError **error);
void
text_file_close(TextFile *self);
