/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

/*
 * The text after the zone's name, as the kernel's intel_rapl_common.c writes it: nothing, -SOCKET,
 * or -SOCKET-die-DIE. It becomes a part of a column's name.
 */
static gboolean
parse_socket(VmfcScan rest, gchar socket[RAPL_SOCKET_SIZE])
{
	gsize length = vmfc_scan_length(&rest);

	socket[0] = '\0';
	if (length == 0)
		return TRUE;
	if (*rest.at != '-' || length == 1 || length > RAPL_SOCKET_SIZE)
		return FALSE;
	for (gsize i = 1; i < length; i++) {
		gchar c = rest.at[i];
		if (!g_ascii_islower(c) && !g_ascii_isdigit(c) && c != '-')
			return FALSE;
	}
	memcpy(socket, rest.at + 1, length - 1);
	socket[length - 1] = '\0';
	g_strdelimit(socket, "-", '_');
	return g_ascii_isdigit(socket[0]);
}

/* Returns: %FALSE for an unknown zone */
gboolean
rapl_parse_name(const gchar *text, gsize length, RaplName *name)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line;

	if (!vmfc_scan_line(&rest, &line) || !vmfc_scan_is_done(&rest))
		return FALSE;
	for (guint i = 0; i < VMFC_N_ZONES; i++) {
		const gchar *zone = vmfc_zone_get_name(i);
		gsize known = strlen(zone);
		if (vmfc_scan_length(&line) < known || memcmp(line.at, zone, known) != 0)
			continue;
		name->zone = i;
		return parse_socket((VmfcScan){line.at + known, line.end}, name->socket);
	}
	return FALSE;
}

/* The number in a file energy_uj or max_energy_range_uj. */
gboolean
rapl_parse_energy(const gchar *text, gsize length, gint64 *microjoules)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, more;

	return vmfc_scan_line(&rest, &line) && vmfc_scan_is_done(&rest) &&
	       vmfc_scan_int(&line, microjoules) && !vmfc_scan_word(&line, &more);
}

/*
 * Whether an entry of /sys/class/powercap is a zone: intel-rapl:0, intel-rapl:0:1,
 * intel-rapl-mmio:0. An entry without a number stands for a whole control type.
 */
gboolean
rapl_is_zone_folder(const gchar *name)
{
	const gchar *colon = strchr(name, ':');

	return g_str_has_prefix(name, "intel-rapl") && colon != NULL &&
	       strspn(colon, ":0123456789") == strlen(colon);
}
