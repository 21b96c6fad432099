/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gint
vmfc_regular_file_open(const gchar *path, GError **error);
gchar *
vmfc_regular_file_read(const gchar *path, gsize max_size, gsize *length, GError **error);
