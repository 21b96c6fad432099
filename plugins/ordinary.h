/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * For files that are read once: ordinary ones and nothing that could be waited for. Each plugin
 * that reads such files is built with core/ordinary.c, which says more.
 */
gint
vmfc_ordinary_open(const gchar *path, GError **error);
gchar *
vmfc_ordinary_read(const gchar *path, gsize most, gsize *length, GError **error);
