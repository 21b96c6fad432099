/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/devices.h"

#include "fuzz.h"

/* Any text as a list of devices, read twice: they are those of before, and nothing has gone back.
 */

typedef gboolean (*FuzzParseFunc)(const gchar *text, gsize length, VmfcDevices *devices);

static inline void
fuzz_count_all(GArray *devices, G_GNUC_UNUSED gpointer user_data)
{
	for (guint i = 0; i < devices->len; i++) {
		VmfcDevice *device = &g_array_index(devices, VmfcDevice, i);
		g_assert_cmpuint(strnlen(device->name, sizeof(device->name)), <,
				 sizeof(device->name));
		device->counted = TRUE;
	}
}

static inline gboolean
fuzz_read_devices(FuzzParseFunc parse, VmfcDevices *devices, const gchar *text, gsize length,
		  VmfcDeviceSums *sums)
{
	*sums = (VmfcDeviceSums){0};
	vmfc_devices_begin(devices, 0);
	return parse(text, length, devices) &&
	       vmfc_devices_end(devices, fuzz_count_all, NULL, sums);
}

static inline void
fuzz_devices(FuzzParseFunc parse, const uint8_t *data, size_t size)
{
	gsize length;
	g_autofree gchar *part = fuzz_cut(data, size, &length);
	VmfcDevices devices;
	VmfcDeviceSums first, second;

	if (size < 2)
		return;
	vmfc_devices_init(&devices, 1, FALSE);
	fuzz_read_devices(parse, &devices, part, length, &first);
	gboolean known = fuzz_read_devices(parse, &devices, (const gchar *)data + 1, size - 1,
					   &first);
	if (known &&
	    fuzz_read_devices(parse, &devices, (const gchar *)data + 1, size - 1, &second)) {
		g_assert_cmpint(first.in, ==, second.in);
		g_assert_cmpint(first.out, ==, second.out);
		g_assert_cmpint(second.in, >=, VMFC_DEVICE_UNREADABLE);
		g_assert_cmpint(second.out, >=, VMFC_DEVICE_UNREADABLE);
	}
	vmfc_devices_clear(&devices);
}
