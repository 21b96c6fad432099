/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/*
 * Texts from files, for pages and terminals. A text cannot change what is around it: control
 * characters, marks of writing direction and invisible characters become visible.
 */

gchar *
vmfc_markup_clean(const gchar *text, guint max_length);
void
vmfc_markup_append(GString *markup, const gchar *text);
void
vmfc_markup_append_short(GString *markup, const gchar *text, guint max_length);
void
vmfc_markup_append_number(GString *markup, gdouble value, guint n_digits);
