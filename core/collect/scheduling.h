/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

void
vmfc_slice_shorten(void);
gboolean
vmfc_slice_reserve(gint64 interval, GError **error);
