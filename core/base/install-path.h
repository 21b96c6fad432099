/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gboolean
vmfc_place_is_build_tree(void);
gchar *
vmfc_place_build_path(const gchar *built, const gchar *installed);
