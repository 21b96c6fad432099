/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

void
mem_parse_meminfo(const gchar *text, gsize length, MemInfo *info)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, word;

	*info = (MemInfo){-1, -1};
	while ((info->total < 0 || info->available < 0) && vmfc_scan_line(&rest, &line)) {
		gint64 value;
		if (!vmfc_scan_word(&line, &word) || !vmfc_scan_int(&line, &value))
			continue;
		if (vmfc_scan_equals(&word, "MemTotal:"))
			info->total = value;
		else if (vmfc_scan_equals(&word, "MemAvailable:"))
			info->available = value;
	}
}
