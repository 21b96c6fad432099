/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "devices.h"

void
vmfc_devices_init(VmfcDevices *devices)
{
	*devices = (VmfcDevices){.devices = g_array_new(FALSE, TRUE, sizeof(VmfcDevice))};
}

void
vmfc_devices_clear(VmfcDevices *devices)
{
	g_array_unref(devices->devices);
}

/* A new reading of the list begins. */
void
vmfc_devices_begin(VmfcDevices *devices)
{
	devices->n_seen = 0;
	devices->renamed = FALSE;
	devices->backwards = FALSE;
}

/* The next device of the list. Only a device that was not there before costs an allocation. */
void
vmfc_devices_add(VmfcDevices *devices, const VmfcScan *name, gint64 in, gint64 out)
{
	gsize length = MIN(vmfc_scan_length(name), sizeof(((VmfcDevice *)0)->name) - 1);

	if (devices->n_seen == devices->devices->len)
		g_array_set_size(devices->devices, devices->n_seen + 1);
	VmfcDevice *device = &g_array_index(devices->devices, VmfcDevice, devices->n_seen++);
	if (strncmp(device->name, name->at, length) != 0 || device->name[length] != '\0') {
		memcpy(device->name, name->at, length);
		device->name[length] = '\0';
		devices->renamed = TRUE;
	} else if (device->counted && (in < device->in || out < device->out)) {
		devices->backwards = TRUE;
	}
	device->in = in;
	device->out = out;
}

static guint
sum_counted(const VmfcDevices *devices, gint64 *in, gint64 *out)
{
	guint signature = 0;

	*in = 0;
	*out = 0;
	for (guint i = 0; i < devices->devices->len; i++) {
		const VmfcDevice *device = &g_array_index(devices->devices, VmfcDevice, i);
		if (!device->counted)
			continue;
		*in += device->in;
		*out += device->out;
		signature += g_str_hash(device->name) + 1;
	}
	return signature;
}

/*
 * The list is complete.
 *
 * Returns: whether the sums go on from those before; otherwise they count from somewhere else
 */
gboolean
vmfc_devices_end(VmfcDevices *devices, VmfcClassifyFunc classify, gpointer user_data, gint64 *in,
		 gint64 *out)
{
	guint before = devices->signature;

	if (devices->renamed || devices->n_seen != devices->devices->len) {
		g_array_set_size(devices->devices, devices->n_seen);
		classify(devices->devices, user_data);
	}
	devices->signature = sum_counted(devices, in, out);
	return devices->signature == before && !devices->backwards;
}
