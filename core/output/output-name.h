/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gchar *
vmfc_output_name_strip(const gchar *path, const gchar *const *extensions);
gboolean
vmfc_output_name_is_of_run(const gchar *file, const gchar *path, const gchar *const *extensions);
