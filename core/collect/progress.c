/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

/* µs between two updates, so that a user can read the line. */
#define PAUSE	 (G_USEC_PER_SEC / 5)
#define NS_PER_S 1e9
/* ns; with shorter windows the records update the line often enough */
#define LONG_WINDOW (2 * G_GINT64_CONSTANT(1000000000))

struct _VmfcProgress {
	gboolean terminal;
	gint64 interval;   /* ns */
	guint64 n_windows; /* 0: until stopped */
	guint timer;	   /* 0: none */

	pthread_mutex_t lock; /* guards all below */
	gint64 last_update;   /* CLOCK_MONOTONIC, µs, like all times here */
	gint64 last_record;   /* 0: none yet */
	guint64 tick;	      /* of the last record */
	gchar *state;	      /* a short text about the last record */
};

VmfcProgress *
vmfc_progress_new(gint64 interval, guint64 n_windows)
{
	VmfcProgress *progress = g_new0(VmfcProgress, 1);
	pthread_mutex_init(&progress->lock, NULL);
	progress->terminal = isatty(STDERR_FILENO) != 0;
	progress->interval = interval;
	progress->n_windows = n_windows;
	return progress;
}

void
vmfc_progress_free(VmfcProgress *progress)
{
	g_clear_handle_id(&progress->timer, g_source_remove);
	pthread_mutex_destroy(&progress->lock);
	g_free(progress->state);
	g_free(progress);
}

/* The name of a workload can have characters of several bytes: none is left in part. */
static void
cut(GString *line, gsize width)
{
	gsize length = MIN(line->len, width);

	while (length > 0 && (line->str[length] & 0xc0) == 0x80)
		length--;
	g_string_truncate(line, length);
}

/* @elapsed: seconds since the first window opened */
static void
draw(const VmfcProgress *progress, gdouble elapsed)
{
	g_autoptr(GString) line = g_string_new(NULL);

	g_string_printf(line, "%.1f", elapsed);
	if (progress->n_windows > 0)
		g_string_append_printf(
			line, " of %.1f",
			(gdouble)(progress->n_windows * (guint64)progress->interval) / NS_PER_S);
	g_string_append_printf(line, " s: %s", progress->state);
	cut(line, vmfc_log_get_width(STDERR_FILENO) - 1);
	fprintf(stderr, "\r%s\033[K", line->str);
	fflush(stderr);
}

/* Called on the writer's thread. */
void
vmfc_progress_update(VmfcProgress *progress, guint64 tick, const VmfcSummary *summary)
{
	gint64 now = g_get_monotonic_time();

	if (!progress->terminal)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->last_record = now;
	progress->tick = tick;
	if (now - progress->last_update >= PAUSE && vmfc_log_can_write()) {
		progress->last_update = now;
		g_free(progress->state);
		progress->state = vmfc_summary_get_progress(summary);
		draw(progress, (gdouble)tick * (gdouble)progress->interval / NS_PER_S);
	}
	pthread_mutex_unlock(&progress->lock);
}

/* Updates the elapsed time between two records. */
static gboolean
refresh(gpointer user_data)
{
	VmfcProgress *progress = user_data;

	pthread_mutex_lock(&progress->lock);
	if (vmfc_log_can_write()) {
		gdouble since = (gdouble)(g_get_monotonic_time() - progress->last_record) /
				G_USEC_PER_SEC;
		draw(progress,
		     (gdouble)progress->tick * (gdouble)progress->interval / NS_PER_S + since);
	}
	pthread_mutex_unlock(&progress->lock);
	return G_SOURCE_CONTINUE;
}

/* Called when the first window opens. If windows are long, a timer updates the line. */
void
vmfc_progress_begin(VmfcProgress *progress)
{
	if (!progress->terminal || progress->interval <= LONG_WINDOW)
		return;
	progress->state = g_strdup("the first window is open");
	progress->last_record = g_get_monotonic_time();
	progress->timer = g_timeout_add_seconds(1, refresh, progress);
}

void
vmfc_progress_clear(VmfcProgress *progress)
{
	g_clear_handle_id(&progress->timer, g_source_remove);
	if (progress->terminal && vmfc_log_can_write())
		fputs("\r\033[K", stderr);
}
