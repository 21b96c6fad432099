/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Writes JSON strings (RFC 8259, 7). */

/* Maximum size of a string with its quotes, in bytes. */
#define VMFC_JSON_STRING_ROOM(length) (6 * (gsize)(length) + 2)

gchar *
vmfc_json_string_write(const gchar *text, gsize length, gchar *at);
void
vmfc_json_string_append(GString *text, const gchar *value);
