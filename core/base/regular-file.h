/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gint
vmfc_regular_file_open(const gchar *path, GError **error);
gboolean
vmfc_regular_file_is_same(const gchar *path, const gchar *other);
gboolean
vmfc_regular_file_is_open_as(const gchar *path, gint fd);
gchar *
vmfc_regular_file_read(const gchar *path, gsize max_size, gsize *length, GError **error);
