/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

/* More CPUs than any kernel has (NR_CPUS): a larger number is invalid. */
#define MAX_CPUS 65536

static gboolean
scan_cpu(VmfcScan *list, gint64 *cpu)
{
	return vmfc_scan_digits(list, cpu) && *cpu < MAX_CPUS;
}

static gboolean
skip_character(VmfcScan *list, gchar c)
{
	if (list->at == list->end || *list->at != c)
		return FALSE;
	list->at++;
	return TRUE;
}

/*
 * A list such as "0-3,8,10-11\n", as in /sys/devices/system/cpu/online
 * (Documentation/admin-guide/cputopology.rst).
 *
 * @cpus: (element-type guint): replaced
 *
 * Returns: whether the whole text is a list of at least one CPU
 */
gboolean
perf_parse_cpu_list(const gchar *text, gsize length, GArray *cpus)
{
	VmfcScan list = vmfc_scan_new(text, length);

	g_array_set_size(cpus, 0);
	while (list.at < list.end && *list.at != '\n') {
		gint64 first, last;
		if (!scan_cpu(&list, &first))
			return FALSE;
		last = first;
		if (skip_character(&list, '-') && (!scan_cpu(&list, &last) || last < first))
			return FALSE;
		for (guint cpu = (guint)first; cpu <= (guint)last; cpu++)
			g_array_append_val(cpus, cpu);
		if (!skip_character(&list, ',') && list.at < list.end && *list.at != '\n')
			return FALSE;
	}
	return cpus->len > 0;
}

/*
 * The number in the line "key number", as in /proc/vmstat and /proc/stat. proc(5). These count
 * since boot, so a 0 is invalid: a sandbox (gVisor) writes it instead of a count.
 */
gboolean
perf_parse_counter(const gchar *text, gsize length, const gchar *key, gint64 *value)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, word;

	while (vmfc_scan_line(&rest, &line)) {
		if (vmfc_scan_word(&line, &word) && vmfc_scan_equals(&word, key))
			return vmfc_scan_int(&line, value) && *value > 0;
	}
	return FALSE;
}
