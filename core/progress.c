/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "log.h"

/* µs between two updates: faster than that nobody reads. */
#define PAUSE (G_USEC_PER_SEC / 5)

struct _VmfcProgress {
	gboolean terminal;
	gint64 interval;   /* ns */
	guint64 n_windows; /* 0: until stopped */
	gint64 last_update;
};

VmfcProgress *
vmfc_progress_new(gint64 interval, guint64 n_windows)
{
	VmfcProgress *progress = g_new0(VmfcProgress, 1);
	progress->terminal = isatty(STDERR_FILENO) != 0;
	progress->interval = interval;
	progress->n_windows = n_windows;
	return progress;
}

void
vmfc_progress_free(VmfcProgress *progress)
{
	g_free(progress);
}

static guint
terminal_width(void)
{
	struct winsize size;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

/* Called on the writer's thread. */
void
vmfc_progress_update(VmfcProgress *progress, guint64 tick, const VmfcSummary *summary)
{
	gint64 now = g_get_monotonic_time();
	if (!progress->terminal || now - progress->last_update < PAUSE || !vmfc_log_can_write())
		return;
	progress->last_update = now;

	gdouble interval = (gdouble)progress->interval / 1e9;
	g_autofree gchar *state = vmfc_summary_get_progress(summary);
	g_autoptr(GString) line = g_string_new(NULL);
	g_string_printf(line, "%.1f", (gdouble)tick * interval);
	if (progress->n_windows > 0)
		g_string_append_printf(line, " of %.1f", (gdouble)progress->n_windows * interval);
	g_string_append_printf(line, " s: %s", state);
	g_string_truncate(line, MIN(line->len, terminal_width() - 1));
	fprintf(stderr, "\r%s\033[K", line->str);
	fflush(stderr);
}

void
vmfc_progress_clear(VmfcProgress *progress)
{
	if (progress->terminal && vmfc_log_can_write())
		fputs("\r\033[K", stderr);
}
