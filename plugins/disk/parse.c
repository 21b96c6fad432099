/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "parse.h"

static gboolean
parse_sectors(VmfcScan *line, gint64 *read, gint64 *written)
{
	gint64 skipped;

	/* NOLINTNEXTLINE(misc-redundant-expression): each call reads the next field */
	return vmfc_scan_int(line, &skipped) && vmfc_scan_int(line, &skipped) &&
	       vmfc_scan_int(line, read) && vmfc_scan_int(line, &skipped) &&
	       vmfc_scan_int(line, &skipped) && vmfc_scan_int(line, &skipped) &&
	       vmfc_scan_int(line, written);
}

/*
 * Passes each device of /proc/diskstats with its sectors read and written to @devices. The fields
 * are those of Documentation/admin-guide/iostats.rst: major, minor, name, reads completed, reads
 * merged, sectors read, ms reading, writes completed, writes merged, sectors written. A line of
 * another form does not belong to a device.
 *
 * Returns: whether the list is complete: a sum of some of the disks would be wrong
 */
gboolean
disk_parse_diskstats(const gchar *text, gsize length, VmfcDevices *devices)
{
	VmfcScan rest = vmfc_scan_new(text, length);
	VmfcScan line, name;

	while (vmfc_scan_line(&rest, &line)) {
		gint64 major, minor, read, written;
		if (!vmfc_scan_int(&line, &major) || !vmfc_scan_int(&line, &minor) ||
		    !vmfc_scan_word(&line, &name))
			continue;
		if (!parse_sectors(&line, &read, &written))
			read = written = VMFC_DEVICE_UNREADABLE;
		vmfc_devices_add(devices, &name, read, written);
	}
	return vmfc_scan_is_done(&rest);
}
