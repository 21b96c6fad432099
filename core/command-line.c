/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "command-line.h"

#include "error.h"
#include "number.h"

/*
 * @arguments: from the program's name on
 * @program: how it is called for its help
 *
 * Returns: %FALSE with a sentence in @error where something is no option of @context
 */
gboolean
vmfc_command_line_parse(GOptionContext *context, GStrv arguments, const gchar *program,
			GError **error)
{
	g_auto(GStrv) rest = g_strdupv(arguments);
	g_autoptr(GError) reason = NULL;

	if (!g_option_context_parse_strv(context, &rest, &reason)) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "%s; %s --help shows all options",
			    reason->message, program);
		return FALSE;
	}
	if (rest == NULL || rest[0] == NULL || rest[1] == NULL)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
		    "'%s' is no option; %s --help shows all options", rest[1], program);
	return FALSE;
}

/* @seed: (out): what random order starts from */
gboolean
vmfc_command_line_parse_seed(const gchar *text, guint32 *seed, GError **error)
{
	gint64 value;

	if (!vmfc_number_parse_int(text, &value) || value < 0 || value > G_MAXUINT32) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--seed is '%s', but must be a whole number from 0 to %u", text,
			    G_MAXUINT32);
		return FALSE;
	}
	*seed = (guint32)value;
	return TRUE;
}
