/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gboolean
vmfc_iso_time_parse(const gchar *text, gsize length, gdouble *time, gboolean *has_zone);
