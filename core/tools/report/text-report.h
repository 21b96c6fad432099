/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

guint
vmfc_text_report_get_width(void);
gchar *
vmfc_text_report_build(const GPtrArray *sections);
