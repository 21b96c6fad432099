/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* The options of `vmfc pull`, checked. */
typedef struct {
	gchar *url;
	gchar *start_text;
	gchar *end_text;
	gint64 start; /* ms since the epoch */
	gint64 end;
	gchar *match;	   /* in braces */
	gchar *output;	   /* a folder */
	gchar *token_file; /* NULL: none */
	gchar *ca_file;	   /* NULL: the system's certificates */
	gint64 timeout;	   /* ns, of one request */
	gboolean verbose;
	gchar *help; /* NULL: not requested */
} VmfcPullArguments;

VmfcPullArguments *
vmfc_pull_arguments_parse(GStrv arguments, GError **error);
void
vmfc_pull_arguments_free(VmfcPullArguments *arguments);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPullArguments, vmfc_pull_arguments_free)
