/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gboolean
vmfc_install_path_is_build_tree(void);
gchar *
vmfc_install_path_build(const gchar *built, const gchar *installed);
gchar *
vmfc_install_path_find_tools(void);
