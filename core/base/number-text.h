/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/*
 * Formats numbers for the files of vmfc: the shortest text that reads back to the same value.
 *
 * Parses a text that must be a number as a whole: from options, requests, and files that are read
 * once. Two other parsers exist for speed: rows/cell.h for the cells of a million rows, and
 * plugins/common/scan.h for the words of kernel files, at every tick.
 */

gsize
vmfc_number_text_format_int(gint64 value, gchar text[VMFC_NUMBER_SIZE]);
gsize
vmfc_number_text_format_float(gdouble value, gchar text[VMFC_NUMBER_SIZE]);

gboolean
vmfc_number_text_parse_int(const gchar *text, gint64 *value);
gboolean
vmfc_number_text_parse_float(const gchar *text, gdouble *value);
