/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* Prints messages on stderr, one per line, and clears the progress line first. */
typedef struct {
	gboolean verbose;
	gboolean terminal;
	gint n_lost; /* atomic: messages that stderr did not accept */
} VmfcLog;

void
vmfc_log_install(VmfcLog *log);
gboolean
vmfc_log_can_write(void);
guint
vmfc_log_get_width(gint fd);
gchar *
vmfc_log_wrap(const gchar *text, guint width, const gchar *indent);
