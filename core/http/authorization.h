/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <gio/gio.h>

gboolean
vmfc_authorization_read(GUri *address, const gchar *token_file, gchar **value, GError **error);
void
vmfc_authorization_warn_if_exposed(GUri *address, const gchar *token_file);
