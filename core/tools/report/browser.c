/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/report/browser.h"

#include "vmfc/vmfc-plugin.h"

#define OPENER "xdg-open"

/* Shows a page in the browser of the user, and does not wait for it. */
gboolean
vmfc_browser_open(const gchar *path, GError **error)
{
	g_autofree gchar *program = g_find_program_in_path(OPENER);
	g_autofree gchar *absolute = g_canonicalize_filename(path, NULL);
	g_autoptr(GError) failure = NULL;
	gchar *arguments[] = {program, absolute, NULL};

	if (program == NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
			    "--open: the program " OPENER
			    " is missing: install xdg-utils, or open %s in a browser",
			    absolute);
		return FALSE;
	}
	if (g_spawn_async(NULL, arguments, NULL,
			  G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
			  &failure))
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED,
		    "--open: %s: open %s in a browser instead", failure->message, absolute);
	return FALSE;
}
