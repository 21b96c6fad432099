/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "huge-page.h"

#define N_PROCESSES 100000

GString *
huge_page_new(void)
{
	GString *page = g_string_sized_new(48 << 20);

	for (guint i = 0; i < N_PROCESSES; i++) {
		for (guint j = 0; j < 2; j++)
			g_string_append_printf(
				page,
				"kepler_process_cpu_%s{comm=\"process-%u\",container_id="
				"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab\","
				"exe=\"/usr/lib/some/where/process-%u\",node_name=\"vm\",pid="
				"\"%u\",type=\"container\",vm_id=\"\"} %u.%02u\n",
				j == 0 ? "seconds_total" : "watts", i, i, i, i, i % 100);
	}
	return page;
}
