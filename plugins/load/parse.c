/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

static gboolean
is_cpu(const VmfcScan *line)
{
	return vmfc_scan_length(line) > 3 && memcmp(line->at, "cpu", 3) == 0 &&
	       g_ascii_isdigit(line->at[3]);
}

void
load_parse_stat(const gchar *text, gsize length, LoadStat *stat)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, word;

	*stat = (LoadStat){-1, -1, -1, 0};
	while (vmfc_scan_line(&rest, &line)) {
		gint64 *value = NULL;
		if (is_cpu(&line))
			stat->n_cpus++;
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

/* The number of all tasks: 80 in "0.20 0.18 0.12 1/80 11206". Returns: -1 when it is invalid */
gint64
load_parse_tasks(const gchar *text, gsize length)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, word;
	gint64 tasks;

	if (!vmfc_scan_line(&rest, &line))
		return -1;
	for (guint i = 0; i < 4; i++) {
		if (!vmfc_scan_word(&line, &word))
			return -1;
	}
	const gchar *slash = memchr(word.at, '/', vmfc_scan_length(&word));
	if (slash == NULL)
		return -1;
	word.at = slash + 1;
	return vmfc_scan_int(&word, &tasks) ? tasks : -1;
}
