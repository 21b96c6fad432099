/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

/* No CPU has addresses of more than 52 bits; a larger total has wrapped, or means no limit. */
#define MAX_KIB (G_GINT64_CONSTANT(1) << 42)

void
mem_parse_meminfo(const gchar *text, gsize length, MemInfo *info)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, word;

	*info = (MemInfo){-1, -1, -1};
	while ((info->total < 0 || info->available < 0 || info->free < 0) &&
	       vmfc_scan_line(&rest, &line)) {
		gint64 value;
		if (!vmfc_scan_word(&line, &word) || !vmfc_scan_int(&line, &value))
			continue;
		if (vmfc_scan_equals(&word, "MemTotal:"))
			info->total = value;
		else if (vmfc_scan_equals(&word, "MemAvailable:"))
			info->available = value;
		else if (vmfc_scan_equals(&word, "MemFree:"))
			info->free = value;
	}
}

/*
 * On a running machine a part of the total is in use, at least by this process. So the available
 * and the free memory are less than the total. The total may change while vmfc runs, by hotplug or
 * a balloon.
 */
MemVerdict
mem_judge(const MemInfo *info)
{
	if (info->total < 0 || info->available < 0)
		return MEM_NOT_TOLD;
	if (info->total == 0 || info->total > MAX_KIB)
		return MEM_NO_MEMORY;
	if (info->available >= info->total || info->free >= info->total)
		return MEM_MORE_THAN_ALL;
	return MEM_PLAUSIBLE;
}
