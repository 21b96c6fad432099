/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gboolean
vmfc_command_line_parse(GOptionContext *context, GStrv arguments, const gchar *program,
			GError **error);
gboolean
vmfc_command_line_parse_seed(const gchar *text, guint32 *seed, GError **error);
