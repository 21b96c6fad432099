/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Any text as /proc/diskstats, read twice: the devices are those of before, and nothing has gone
 * back. */

#include "disk/parse.h"

#include "fuzz.h"

static void
count_all(GArray *devices, G_GNUC_UNUSED gpointer user_data)
{
	for (guint i = 0; i < devices->len; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		g_assert_cmpuint(strnlen(device->name, sizeof(device->name)), <,
				 sizeof(device->name));
		device->counted = TRUE;
	}
}

static gboolean
read_devices(VmfcDevices *devices, const gchar *text, gsize length, VmfcDeviceSums *sums)
{
	*sums = (VmfcDeviceSums){0};
	vmfc_devices_begin(devices);
	return disk_parse_diskstats(text, length, devices) &&
	       vmfc_devices_end(devices, count_all, NULL, sums);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gsize length;
	g_autofree gchar *part = fuzz_cut(data, size, &length);
	VmfcDevices devices;
	VmfcDeviceSums first, second;

	if (size < 2)
		return 0;
	vmfc_devices_init(&devices);
	read_devices(&devices, part, length, &first);
	gboolean known = read_devices(&devices, (const gchar *)data + 1, size - 1, &first);
	if (known && read_devices(&devices, (const gchar *)data + 1, size - 1, &second)) {
		g_assert_cmpint(first.in, ==, second.in);
		g_assert_cmpint(first.out, ==, second.out);
		g_assert_cmpint(second.in, >=, VMFC_DEVICE_UNREADABLE);
		g_assert_cmpint(second.out, >=, VMFC_DEVICE_UNREADABLE);
	}
	vmfc_devices_clear(&devices);
	return 0;
}
