/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

void
load_parse_stat(const gchar *text, gsize length, LoadStat *stat)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, word;

	*stat = (LoadStat){-1, -1, -1};
	while (vmfc_scan_line(&rest, &line)) {
		gint64 *value = NULL;
		/* the long lines of CPUs and interrupts begin with another letter */
		if (*line.at != 'p' || !vmfc_scan_word(&line, &word))
			continue;
		if (vmfc_scan_equals(&word, "processes"))
			value = &stat->processes;
		else if (vmfc_scan_equals(&word, "procs_running"))
			value = &stat->procs_running;
		else if (vmfc_scan_equals(&word, "procs_blocked"))
			value = &stat->procs_blocked;
		if (value != NULL && !vmfc_scan_int(&line, value))
			*value = -1;
	}
}

gboolean
load_parse_loadavg(const gchar *text, gsize length, gdouble averages[3])
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line;

	return vmfc_scan_line(&rest, &line) && vmfc_scan_float(&line, &averages[0]) &&
	       vmfc_scan_float(&line, &averages[1]) && vmfc_scan_float(&line, &averages[2]);
}
