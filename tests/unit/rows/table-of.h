/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <string.h>

#include "rows/table-reader.h"

/* @text: a file. Returns: (transfer full): its table, of which nothing was read but the names */
static inline VmfcTable *
table_of(const gchar *text)
{
	g_autoptr(GError) error = NULL;
	VmfcTable *table = vmfc_table_reader_open_source(
		vmfc_buffered_file_new_for_text(text, strlen(text), 64), &error);
	g_assert_no_error(error);
	return table;
}
