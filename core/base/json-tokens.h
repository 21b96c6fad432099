/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gboolean
vmfc_json_tokens_check(const gchar *text, gsize length, guint max_depth, gsize max_values,
		       GError **error);
