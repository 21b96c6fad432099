/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>
#include <sys/types.h>

gboolean
vmfc_file_trust_is_privileged(void);
gboolean
vmfc_file_trust_check(const gchar *path, GError **error);
gboolean
vmfc_file_trust_check_folder(const gchar *path, uid_t user, GError **error);
