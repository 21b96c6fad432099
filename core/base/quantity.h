/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Durations and sizes as people write them. */

gboolean
vmfc_quantity_parse_duration(const gchar *text, gint64 *nanoseconds);
gboolean
vmfc_quantity_parse_size(const gchar *text, gint64 *bytes);
