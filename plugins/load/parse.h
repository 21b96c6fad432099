/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/scan.h"

/* Of /proc/stat; -1 when it is missing or not a number. proc(5). */
typedef struct {
	gint64 processes; /* forks since boot */
	gint64 procs_running;
	gint64 procs_blocked;
	guint n_cpus; /* online */
} LoadStat;

void
load_parse_stat(const gchar *text, gsize length, LoadStat *stat);
gboolean
load_parse_loadavg(const gchar *text, gsize length, gdouble averages[3]);
gint64
load_parse_tasks(const gchar *text, gsize length);
