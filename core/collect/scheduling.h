/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

void
vmfc_scheduling_shorten(void);
gboolean
vmfc_scheduling_reserve(gint64 interval, GError **error);
