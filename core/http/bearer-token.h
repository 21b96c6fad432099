/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gboolean
vmfc_bearer_token_check_file(const gchar *path, GError **error);
gchar *
vmfc_bearer_token_read(const gchar *path, GError **error);
