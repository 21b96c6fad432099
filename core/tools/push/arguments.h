/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* The options of `vmfc push`, checked. */
typedef struct {
	GStrv files;
	gchar *url;
	GStrv labels;	   /* NAME=VALUE; NULL: none */
	gchar *token_file; /* NULL: none */
	gchar *ca_file;	   /* NULL: the system's certificates */
	gint64 timeout;	   /* ns, of one request */
	gint64 patience;   /* ns, for a receiver that is not there */
	gboolean verbose;
	gchar *help; /* NULL: not requested */
} VmfcPushArguments;

VmfcPushArguments *
vmfc_push_arguments_parse(GStrv arguments, GError **error);
void
vmfc_push_arguments_free(VmfcPushArguments *arguments);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VmfcPushArguments, vmfc_push_arguments_free)
