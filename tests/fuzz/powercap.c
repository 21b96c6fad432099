/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as the totals of powercap: what is read is written as the same numbers. */

#include "powercap/totals.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* no NUL behind it, so that a reader that goes too far is caught */
	g_autofree gchar *text = g_malloc(size + 1);
	gchar written[POWERCAP_TOTALS_SIZE + 1];
	guint64 totals[VMFC_N_ZONES];
	guint64 again[VMFC_N_ZONES];

	if (size > 0)
		memcpy(text, data, size);
	text = g_realloc(text, MAX(size, 1));
	if (!powercap_totals_parse(text, size, totals))
		return 0;
	powercap_totals_format(totals, written);
	g_assert_cmpuint(strlen(written), ==, POWERCAP_TOTALS_SIZE);
	g_assert_true(powercap_totals_parse(written, POWERCAP_TOTALS_SIZE, again));
	g_assert_cmpmem(totals, sizeof(totals), again, sizeof(again));
	return 0;
}
