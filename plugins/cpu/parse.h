/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/scan.h"

/* The fields of the line "cpu" of /proc/stat that exclude each other, in its order. proc(5). */
enum {
	CPU_USER,
	CPU_NICE,
	CPU_SYSTEM,
	CPU_IDLE,
	CPU_IOWAIT,
	CPU_IRQ,
	CPU_SOFTIRQ,
	CPU_STEAL,
	CPU_N_FIELDS,
};

typedef struct {
	gint64 ticks[CPU_N_FIELDS]; /* of USER_HZ, since boot */
	gint64 total;
	guint n_fields;	   /* older kernels have fewer; 0 when the line is invalid */
	guint n_cpus;	   /* online; 0 when the list is incomplete */
	guint64 signature; /* of the set of CPUs online */
	guint64 order;	   /* of those CPUs in the order of their lines */
} CpuTimes;

void
cpu_parse_stat(const gchar *text, gsize length, CpuTimes *times);
gboolean
cpu_parse_each(const gchar *text, gsize length, guint n_cpus, gint64 *each);
