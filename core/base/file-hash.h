/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gchar *
vmfc_file_hash(gint fd, const gchar *path, GError **error);
