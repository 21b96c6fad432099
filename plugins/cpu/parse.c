/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

/* Of a polynomial over the CPUs' numbers: odd, so that it loses none of them. */
#define ORDER_FACTOR G_GUINT64_CONSTANT(0x9e3779b97f4a7c15)

static gboolean
is_cpu(const VmfcScan *word)
{
	return vmfc_scan_length(word) > 3 && memcmp(word->at, "cpu", 3) == 0 &&
	       g_ascii_isdigit(word->at[3]);
}

/*
 * Every word of the line that belongs to a field must be a number. user, nice, system and idle are
 * required, and the sum must be a number as well.
 */
static guint
parse_fields(VmfcScan line, CpuTimes *times)
{
	VmfcScan ahead = line;
	VmfcScan word;
	guint n = 0;

	for (; n < CPU_N_FIELDS && vmfc_scan_word(&ahead, &word); n++) {
		if (!vmfc_scan_int(&line, &times->ticks[n]) ||
		    __builtin_add_overflow(times->total, times->ticks[n], &times->total))
			return 0;
	}
	return n > CPU_IDLE ? n : 0;
}

/*
 * The lines "cpu" and "cpuN" are consecutive, near the beginning of /proc/stat. The rest is long
 * and not needed, but the existence of a further line shows that the list of CPUs is complete.
 */
void
cpu_parse_stat(const gchar *text, gsize length, CpuTimes *times)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, word;
	guint n_cpus = 0;

	*times = (CpuTimes){0};
	while (vmfc_scan_line(&rest, &line)) {
		gint64 number;
		if (!vmfc_scan_word(&line, &word))
			continue;
		if (n_cpus == 0 && vmfc_scan_equals(&word, "cpu")) {
			times->total = 0;
			times->n_fields = parse_fields(line, times);
		} else if (is_cpu(&word)) {
			word.at += strlen("cpu");
			if (!vmfc_scan_int(&word, &number))
				return;
			n_cpus++;
			times->signature += vmfc_scan_mix((guint64)number);
			times->order = times->order * ORDER_FACTOR + (guint64)number + 1;
		} else if (n_cpus > 0) {
			times->n_cpus = n_cpus;
			return;
		}
	}
}

/* The sum of the line's fields, each of which must be a number. */
static gboolean
parse_sum(VmfcScan line, gint64 *sum)
{
	gint64 ticks;

	*sum = 0;
	for (guint n = 0; n < CPU_N_FIELDS && !vmfc_scan_is_done(&line); n++) {
		if (!vmfc_scan_int(&line, &ticks) || __builtin_add_overflow(*sum, ticks, sum))
			return FALSE;
	}
	return TRUE;
}

/*
 * The ticks of each CPU, in the order of the lines.
 *
 * @n_cpus: from cpu_parse_stat() on this text
 *
 * Returns: %FALSE when a line contains anything but numbers
 */
gboolean
cpu_parse_each(const gchar *text, gsize length, guint n_cpus, gint64 *each)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, word;
	guint n = 0;

	while (n < n_cpus && vmfc_scan_line(&rest, &line)) {
		if (vmfc_scan_word(&line, &word) && is_cpu(&word) && !parse_sum(line, &each[n++]))
			return FALSE;
	}
	return n == n_cpus;
}
