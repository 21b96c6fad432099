/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "plugin/plugin-index.h"

/* Returns: (transfer none): the index that the build has made, beside whose program no test lies */
static inline VmfcPluginIndex *
built_index(void)
{
	static VmfcPluginIndex *index;
	const gchar *path = g_getenv("VMFC_TEST_INDEX");
	g_autoptr(GError) error = NULL;

	if (index == NULL)
		index = path != NULL ? vmfc_plugin_index_read(path, &error)
				     : vmfc_plugin_index_new();
	g_assert_no_error(error);
	return index;
}
