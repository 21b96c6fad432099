/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

void
vmfc_set_file_error(GError **error, const gchar *what, const gchar *path, gint failure);
