/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gchar *
vmfc_mask(const gchar *text);
void
vmfc_mask_pieces(GError *error, const gchar *typed);
