/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

gboolean
vmfc_option_number_parse_number(const gchar *text, gdouble least, gdouble most, gdouble *value);
gboolean
vmfc_option_number_parse_percent(const gchar *text, gdouble least, gdouble most, gdouble *percent);
