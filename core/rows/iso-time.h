/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* In s since the epoch: the end of the year 9999, which is the range of GDateTime. */
#define VMFC_MAX_TIME 253402300799.0

gboolean
vmfc_iso_time_parse(const gchar *text, gsize length, gdouble *time, gboolean *has_zone);
