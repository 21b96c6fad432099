/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as a trace in CSV: times rise, and loads are percentages. */

#include "trace/parse.h"

#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "vmfc/vmfc-plugin.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const TraceForm forms[] = {{"timestamp", "load", 100}, {"1", "2", 1}};

	for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autofree gchar *text = g_malloc0(size + 1);
		g_autoptr(GError) error = NULL;
		guint n_unusable;
		if (size > 0)
			memcpy(text, data, size);
		g_autoptr(GArray) points = trace_parse(text, size, &forms[i], &n_unusable, &error);
		if (points == NULL) {
			g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
			continue;
		}
		g_assert_cmpuint(points->len, >, 0);
		for (guint j = 0; j < points->len; j++) {
			const TracePoint *point = &g_array_index(points, TracePoint, j);
			g_assert_true(isfinite(point->time));
			g_assert_true(point->load >= 0 && point->load <= 100);
			g_assert_true(j == 0 || point->time > (point - 1)->time);
		}
	}
	return 0;
}
