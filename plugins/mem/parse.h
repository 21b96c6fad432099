/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "../scan.h"

/* Of /proc/meminfo, in KiB; -1 where it is not there. proc(5). */
typedef struct {
	gint64 total;
	gint64 available;
} MemInfo;

void
mem_parse_meminfo(const gchar *text, gsize length, MemInfo *info);
