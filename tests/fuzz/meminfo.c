/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as /proc/meminfo: what is read from a part of it is what is read from the whole. */

#include "mem/parse.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gsize length;
	g_autofree gchar *part = fuzz_cut(data, size, &length);
	MemInfo cut, whole;

	if (size < 2)
		return 0;
	mem_parse_meminfo((const gchar *)data + 1, size - 1, &whole);
	mem_parse_meminfo(part, length, &cut);
	g_assert_cmpint(whole.total, >=, -1);
	g_assert_cmpint(whole.available, >=, -1);
	g_assert_true(cut.total == -1 || whole.total >= 0);
	g_assert_true(cut.available == -1 || whole.available >= 0);
	return 0;
}
