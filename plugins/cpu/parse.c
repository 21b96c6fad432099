/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

static gboolean
is_cpu(const VmfcScan *word)
{
	return vmfc_scan_length(word) > 3 && memcmp(word->at, "cpu", 3) == 0 &&
	       g_ascii_isdigit(word->at[3]);
}

/*
 * The lines "cpu" and "cpuN" come first in /proc/stat; what follows is long and of no interest.
 *
 * Returns: whether the line of all CPUs was there with at least user, nice, system and idle
 */
gboolean
cpu_parse_stat(const gchar *text, gsize length, CpuTimes *times)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, word;

	*times = (CpuTimes){0};
	if (!vmfc_scan_line(&rest, &line) || !vmfc_scan_word(&line, &word) ||
	    !vmfc_scan_equals(&word, "cpu"))
		return FALSE;
	while (times->n_fields < CPU_N_FIELDS &&
	       vmfc_scan_int(&line, &times->ticks[times->n_fields]))
		times->n_fields++;
	while (vmfc_scan_line(&rest, &line) && vmfc_scan_word(&line, &word) && is_cpu(&word)) {
		gint64 number = 0;
		word.at += strlen("cpu");
		if (!vmfc_scan_int(&word, &number))
			break;
		times->n_cpus++;
		times->signature += (guint)(number + 1) * 2654435761u;
	}
	return times->n_fields > CPU_IDLE;
}
