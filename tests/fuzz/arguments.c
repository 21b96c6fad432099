/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any words as a command line, one a line; what is behind --set is in full. */

#include "collect/options.h"

#include "fuzz.h"
#include "vmfc/vmfc-plugin.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree gchar *text = g_strndup((const gchar *)data, size);
	g_autofree gchar *line = g_strconcat("vmfc\n", text, NULL);
	g_auto(GStrv) arguments = g_strsplit(line, "\n", 100);
	g_autoptr(GError) error = NULL;
	static VmfcPluginIndex *index;

	if (index == NULL)
		index = vmfc_plugin_index_parse(FUZZ_INDEX, strlen(FUZZ_INDEX), NULL);
	/* a file that it names is another fuzzer's, and no folder's code is to be loaded */
	for (guint i = 0; arguments[i] != NULL; i++) {
		if (arguments[i][0] == '-' && (strstr(arguments[i], "c") != NULL ||
					       g_str_has_prefix(arguments[i], "--plugin-path")))
			return 0;
	}
	g_autoptr(VmfcOptions) options = vmfc_options_parse(arguments, index, &error);
	if (options == NULL) {
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		return 0;
	}
	g_assert_no_error(error);
	for (guint i = 0; i < options->settings->len; i++) {
		const VmfcSetting *setting = options->settings->pdata[i];
		g_assert_cmpuint(strlen(setting->plugin), >, 0);
		g_assert_cmpuint(strlen(setting->name), >, 0);
		g_assert_nonnull(setting->value);
	}
	return 0;
}
