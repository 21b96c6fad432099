/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Parses durations and sizes that users write. */

/* The valid forms, for messages: "must be ..." */
#define VMFC_QUANTITY_DURATION                                                                     \
	"a number of seconds, or a time with units such as 100ms, 5m or 1h30m"
#define VMFC_QUANTITY_SIZE "a number of bytes, or a size with a unit such as 512K, 100M or 2G"

gboolean
vmfc_quantity_parse_seconds(const gchar *text, gdouble *seconds);
gboolean
vmfc_quantity_parse_duration(const gchar *text, gint64 *nanoseconds);
gboolean
vmfc_quantity_parse_size(const gchar *text, gint64 *bytes);
