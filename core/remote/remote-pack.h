/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

GBytes *
vmfc_remote_pack(const guint8 *message, gsize length);
gboolean
vmfc_remote_unpack(const guint8 *packed, gsize length, gsize limit, GByteArray *message);
