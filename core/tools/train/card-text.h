/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gchar *
vmfc_card_text_escape(const gchar *text);
void
vmfc_card_text_add_number(GString *card, const gchar *form, gdouble value);
