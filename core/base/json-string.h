/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* A string as JSON writes it (RFC 8259, 7). */

/* What a string takes at most, with its quotes. */
#define VMFC_JSON_STRING_ROOM(length) (6 * (gsize)(length) + 2)

gchar *
vmfc_json_string_write(const gchar *text, gsize length, gchar *at);
void
vmfc_json_string_append(GString *text, const gchar *value);
