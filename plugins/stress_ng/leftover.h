/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gchar *
stress_leftover_make_path(const gchar *temp_path);
void
stress_leftover_remove(const gchar *temp_path);
