/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as a config file. */

#include "collect/options.h"

#include "fuzz.h"
#include "vmfc/vmfc-plugin.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gint fd;
	g_autofree gchar *path = fuzz_file(data, size, &fd);
	gchar *arguments[] = {"vmfc", "--config", path, NULL};
	g_autoptr(GError) error = NULL;
	static VmfcPluginIndex *index;

	if (index == NULL)
		index = vmfc_plugin_index_parse(FUZZ_INDEX, strlen(FUZZ_INDEX), NULL);
	/* no folder's code is to be loaded */
	if (memmem(data, size, "plugin-path", strlen("plugin-path")) != NULL) {
		close(fd);
		return 0;
	}
	g_autoptr(VmfcOptions) options = vmfc_options_parse(arguments, index, &error);

	close(fd);
	if (options == NULL) {
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		return 0;
	}
	g_assert_no_error(error);
	g_assert_cmpint(options->interval, >=, 1000000);
	g_assert_cmpint(options->grace, <, options->interval);
	g_assert_true(options->duration == 0 || options->duration >= options->interval);
	return 0;
}
