/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/scan.h"

/* Of /proc/meminfo, in KiB; -1 when it is missing or not a number. proc(5). */
typedef struct {
	gint64 total;
	gint64 available;
	gint64 free;
} MemInfo;

typedef enum {
	MEM_PLAUSIBLE,
	MEM_NOT_TOLD,
	MEM_NO_MEMORY,
	MEM_MORE_THAN_ALL,
} MemVerdict;

void
mem_parse_meminfo(const gchar *text, gsize length, MemInfo *info);
MemVerdict
mem_judge(const MemInfo *info);
