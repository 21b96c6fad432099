/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as /proc/loadavg. */

#include "load/parse.h"

#include <math.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gsize length;
	g_autofree gchar *part = fuzz_cut(data, size, &length);
	gdouble averages[3];

	g_assert_cmpint(load_parse_tasks(part, length), >=, -1);
	if (!load_parse_loadavg(part, length, averages))
		return 0;
	for (guint i = 0; i < G_N_ELEMENTS(averages); i++)
		g_assert_true(isfinite(averages[i]) && averages[i] >= 0);
	return 0;
}
