/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "vmfc/vmfc-plugin.h"

/*
 * How vmfc's files write numbers: the shortest text that reads back to the same value.
 *
 * And how a text is read that must be a number as a whole: of options, requests, and files that are
 * read once. Two other parsers are there for their speed: rows/cell.h for the cells of a million
 * rows, and plugins/common/scan.h for the words of a kernel's file, at every tick.
 */

gsize
vmfc_number_text_format_int(gint64 value, gchar text[VMFC_NUMBER_SIZE]);
gsize
vmfc_number_text_format_float(gdouble value, gchar text[VMFC_NUMBER_SIZE]);

gboolean
vmfc_number_text_parse_int(const gchar *text, gint64 *value);
gboolean
vmfc_number_text_parse_float(const gchar *text, gdouble *value);
