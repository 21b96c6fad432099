/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <dirent.h>
#include <glib.h>

/* Counts processes. */
typedef struct {
	DIR *folder;	    /* /proc; NULL where it cannot be read */
	gboolean hidden;    /* the kernel hides other users' processes from us */
	gboolean by_links;  /* the link count is right, see processes.c */
	gint64 other_links; /* links of /proc that are not processes */
	gint64 next_check;  /* µs, g_get_monotonic_time() */
} LoadProcesses;

gboolean
load_processes_open(LoadProcesses *processes, const gchar *path, GError **error);
void
load_processes_close(LoadProcesses *processes);
gint64
load_processes_count(LoadProcesses *processes);
