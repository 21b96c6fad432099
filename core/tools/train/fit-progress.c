/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tools/train/fit-progress.h"

#include <stdio.h>
#include <unistd.h>

#define STEP	   (G_USEC_PER_SEC / 10)
#define CLEAR_LINE "\r\033[K"

void
vmfc_fit_progress_init(VmfcFitProgressLine *line)
{
	*line = (VmfcFitProgressLine){.is_terminal = isatty(STDERR_FILENO) == 1};
}

static void
show(VmfcFitProgressLine *line, const gchar *rest)
{
	if (line->is_terminal)
		fprintf(stderr, CLEAR_LINE "%s%s", line->what != NULL ? line->what : "", rest);
}

void
vmfc_fit_progress_begin(VmfcFitProgressLine *line, const gchar *what)
{
	g_free(line->what);
	line->what = g_strdup(what);
	show(line, " ...");
}

/* A #VmfcFitProgress. @data: the line */
void
vmfc_fit_progress_show(gpointer data, guint n_done, guint n_jobs)
{
	VmfcFitProgressLine *line = data;
	gint64 now = g_get_monotonic_time();

	if (n_done < n_jobs && now < line->shown_at + STEP)
		return;
	line->shown_at = now;
	g_autofree gchar *rest = g_strdup_printf(": %u of %u fits", n_done, n_jobs);
	show(line, rest);
}

/* The line is gone, so that what is printed next stands alone. */
void
vmfc_fit_progress_clear(VmfcFitProgressLine *line)
{
	g_clear_pointer(&line->what, g_free);
	show(line, "");
}
