/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

/*
 * Hands each device of /proc/diskstats with its sectors read and written to @devices. The fields
 * are those of Documentation/admin-guide/iostats.rst: major, minor, name, reads completed, reads
 * merged, sectors read, ms reading, writes completed, writes merged, sectors written.
 */
void
disk_parse_diskstats(const gchar *text, gsize length, VmfcDevices *devices)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, name;

	while (vmfc_scan_line(&rest, &line)) {
		gint64 skipped, read, written;
		if (!vmfc_scan_int(&line, &skipped) || !vmfc_scan_int(&line, &skipped) ||
		    !vmfc_scan_word(&line, &name) || !vmfc_scan_int(&line, &skipped) ||
		    !vmfc_scan_int(&line, &skipped) || !vmfc_scan_int(&line, &read) ||
		    !vmfc_scan_int(&line, &skipped) || !vmfc_scan_int(&line, &skipped) ||
		    !vmfc_scan_int(&line, &skipped) || !vmfc_scan_int(&line, &written))
			continue;
		vmfc_devices_add(devices, &name, read, written);
	}
}
