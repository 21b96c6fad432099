/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gboolean
vmfc_path_check(const gchar *path, gboolean is_numbered, GError **error);
