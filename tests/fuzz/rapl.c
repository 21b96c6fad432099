/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as a file of a RAPL zone: what is read from it can be written into a column's name. */

#include "rapl/parse.h"

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gsize length;
	g_autofree gchar *part = fuzz_cut(data, size, &length);
	g_autofree gchar *folder = g_strndup((const gchar *)data, size);
	gint64 energy;
	RaplName name;

	rapl_is_zone_folder(folder);
	if (rapl_parse_energy(part, length, &energy))
		g_assert_cmpint(energy, >=, 0);
	if (!rapl_parse_name(part, length, &name))
		return 0;
	g_assert_cmpint(name.zone, <, VMFC_N_ZONES);
	g_assert_cmpuint(strnlen(name.socket, RAPL_SOCKET_SIZE), <, RAPL_SOCKET_SIZE);
	for (const gchar *at = name.socket; *at != '\0'; at++)
		g_assert_true(g_ascii_islower(*at) || g_ascii_isdigit(*at) || *at == '_');
	return 0;
}
