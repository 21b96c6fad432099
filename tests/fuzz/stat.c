/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as /proc/stat: what is read from a part of it is what is read from the whole. */

#include "cpu/parse.h"
#include "load/parse.h"

#include "fuzz.h"

static void
check_cpu(const CpuTimes *cut, const CpuTimes *whole)
{
	gint64 total = 0;

	g_assert_cmpuint(whole->n_fields, <=, CPU_N_FIELDS);
	for (guint i = 0; i < whole->n_fields; i++) {
		g_assert_cmpint(whole->ticks[i], >=, 0);
		total += whole->ticks[i];
	}
	if (whole->n_fields > 0)
		g_assert_cmpint(whole->total, ==, total);
	if (cut->n_cpus > 0) {
		g_assert_cmpuint(cut->n_cpus, ==, whole->n_cpus);
		g_assert_cmpuint(cut->signature, ==, whole->signature);
		g_assert_cmpint(cut->total, ==, whole->total);
	}
}

/* As many numbers as there are CPUs, or none that count. */
static void
check_each(const gchar *text, gsize length, guint n_cpus)
{
	g_autofree gint64 *each = g_new0(gint64, n_cpus + 1);

	if (!cpu_parse_each(text, length, n_cpus, each))
		return;
	for (guint i = 0; i < n_cpus; i++)
		g_assert_cmpint(each[i], >=, 0);
	g_assert_cmpint(each[n_cpus], ==, 0);
}

static void
check_load(gint64 cut, gint64 whole)
{
	g_assert_cmpint(whole, >=, -1);
	g_assert_cmpint(cut, >=, -1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gsize length;
	g_autofree gchar *part = fuzz_cut(data, size, &length);
	CpuTimes cut, whole;
	LoadStat cut_load, whole_load;

	if (size < 2)
		return 0;
	cpu_parse_stat((const gchar *)data + 1, size - 1, &whole);
	cpu_parse_stat(part, length, &cut);
	check_cpu(&cut, &whole);
	check_each((const gchar *)data + 1, size - 1, whole.n_cpus);
	load_parse_stat((const gchar *)data + 1, size - 1, &whole_load);
	load_parse_stat(part, length, &cut_load);
	check_load(cut_load.processes, whole_load.processes);
	check_load(cut_load.procs_running, whole_load.procs_running);
	check_load(cut_load.procs_blocked, whole_load.procs_blocked);
	return 0;
}
