/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/command-line.h"

#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/number-text.h"

/* The names of all options, as their help has them: GLib has no other list of them. */
static void
try_options(VmfcNearest *nearest, GOptionContext *context)
{
	g_autofree gchar *help = g_option_context_get_help(context, FALSE, NULL);
	const gchar *at = help;

	while ((at = strstr(at, "--")) != NULL) {
		gsize length = strspn(at, "-abcdefghijklmnopqrstuvwxyz");
		g_autofree gchar *name = g_strndup(at, length);
		vmfc_nearest_try(nearest, name);
		at += length;
	}
}

/* Says what GLib has against the command line as vmfc says things. */
static void
set_bad_option(GOptionContext *context, const GError *reason, const gchar *program, GError **error)
{
	const gchar *word = strstr(reason->message, "--");
	gboolean is_unknown = word != NULL && g_error_matches(reason, G_OPTION_ERROR,
							      G_OPTION_ERROR_UNKNOWN_OPTION);
	g_autofree gchar *name = is_unknown ? g_strndup(word, strcspn(word, "=")) : g_strdup("");
	g_auto(VmfcNearest) nearest;

	vmfc_nearest_init(&nearest, name);
	if (is_unknown)
		try_options(&nearest, context);
	g_autofree gchar *hint = vmfc_nearest_to_text(&nearest);
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE, "%c%s%s; %s --help shows all options",
		    g_ascii_tolower(reason->message[0]), reason->message + 1, hint, program);
}

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
		set_bad_option(context, reason, program, error);
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

	if (!vmfc_number_text_parse_int(text, &value) || value < 0 || value > G_MAXUINT32) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_USAGE,
			    "--seed is '%s', but must be a whole number from 0 to %u", text,
			    G_MAXUINT32);
		return FALSE;
	}
	*seed = (guint32)value;
	return TRUE;
}
