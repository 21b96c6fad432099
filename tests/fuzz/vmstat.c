/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as /proc/vmstat, and as a list of CPUs in /sys. */

#include "perf/parse.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gsize length;
	g_autofree gchar *part = fuzz_cut(data, size, &length);
	g_autoptr(GArray) cpus = g_array_new(FALSE, FALSE, sizeof(guint));
	gint64 cut, whole;

	if (size < 2)
		return 0;
	gboolean in_whole = perf_parse_counter((const gchar *)data + 1, size - 1, "pgfault",
					       &whole);
	if (perf_parse_counter(part, length, "pgfault", &cut)) {
		g_assert_true(in_whole);
		g_assert_cmpint(cut, ==, whole);
		g_assert_cmpint(cut, >=, 0);
	}
	if (perf_parse_cpu_list(part, length, cpus))
		g_assert_cmpuint(cpus->len, >, 0);
	return 0;
}
