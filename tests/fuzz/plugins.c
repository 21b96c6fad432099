/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as --plugins: each plugin that is selected is there once. */

#include "plugin/registry.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static VmfcRegistry *registry;
	g_autofree gchar *list = g_strndup((const gchar *)data, size);
	g_autoptr(GError) error = NULL;

	if (registry == NULL)
		registry = vmfc_registry_new(g_getenv("VMFC_TEST_PLUGINS"),
					     vmfc_plugin_index_parse("", 0, NULL));
	g_autoptr(GPtrArray) plugins = vmfc_registry_select(registry, list, &error);
	if (plugins == NULL) {
		g_assert_nonnull(error);
		return 0;
	}
	g_assert_no_error(error);
	for (guint i = 0; i < plugins->len; i++) {
		for (guint j = 0; j < i; j++)
			g_assert_true(plugins->pdata[i] != plugins->pdata[j]);
	}
	return 0;
}
