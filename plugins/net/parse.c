/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

/*
 * Passes each interface of /proc/net/dev with its bytes received and sent to @devices. A line has
 * the name, a colon (older kernels write no blank after it), eight numbers of received data and
 * eight of sent data, bytes first. proc(5). A name may contain colons (eth0:1), the numbers do not:
 * the last colon ends the name. The lines above the list have no colon.
 *
 * Returns: whether the list is complete: a sum of some of the interfaces would be wrong
 */
gboolean
net_parse_dev(const gchar *text, gsize length, VmfcDevices *devices)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, name;

	while (vmfc_scan_line(&rest, &line)) {
		const gchar *colon = memrchr(line.at, ':', (gsize)(line.end - line.at));
		VmfcScan before = {line.at, colon};
		gint64 values[9];
		guint n = 0;
		if (colon == NULL || !vmfc_scan_word(&before, &name))
			continue;
		line.at = colon + 1;
		while (n < G_N_ELEMENTS(values) && vmfc_scan_int(&line, &values[n]))
			n++;
		if (n < G_N_ELEMENTS(values))
			values[0] = values[8] = VMFC_DEVICE_UNREADABLE;
		vmfc_devices_add(devices, &name, values[0], values[8]);
	}
	return vmfc_scan_is_done(&rest);
}
