/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* A line on the terminal that says how far the fits are; nothing where there is no terminal. */
typedef struct {
	gboolean is_terminal;
	gchar *what;	 /* is fitted now */
	gint64 shown_at; /* monotonic, us */
} VmfcFitProgressLine;

void
vmfc_fit_progress_init(VmfcFitProgressLine *line);
void
vmfc_fit_progress_begin(VmfcFitProgressLine *line, const gchar *what);
void
vmfc_fit_progress_show(gpointer data, guint n_done, guint n_jobs);
void
vmfc_fit_progress_clear(VmfcFitProgressLine *line);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmfcFitProgressLine, vmfc_fit_progress_clear)
