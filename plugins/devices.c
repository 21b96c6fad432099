/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "devices.h"

/* The links of sysfs that tell what a device stands on come a moment after the device itself. */
#define UNSETTLED_READINGS 3

void
vmfc_devices_init(VmfcDevices *devices)
{
	*devices = (VmfcDevices){
		.now = g_array_new(FALSE, TRUE, sizeof(VmfcDevice)),
		.before = g_array_new(FALSE, TRUE, sizeof(VmfcDevice)),
	};
}

void
vmfc_devices_clear(VmfcDevices *devices)
{
	g_array_unref(devices->now);
	g_array_unref(devices->before);
	g_clear_pointer(&devices->index, g_hash_table_unref);
}

/* A new reading of the list begins. */
void
vmfc_devices_begin(VmfcDevices *devices)
{
	GArray *now = devices->before;
	devices->before = devices->now;
	devices->now = now;
	g_clear_pointer(&devices->index, g_hash_table_unref);
	devices->n_seen = 0;
	devices->changed = FALSE;
	devices->backwards = FALSE;
}

static GHashTable *
index_by_name(GArray *list)
{
	GHashTable *index = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < list->len; i++) {
		VmfcDevice *device = &g_array_index(list, VmfcDevice, i);
		g_hash_table_insert(index, device->name, device);
	}
	return index;
}

/* The device of that name in the last reading: at the same place, unless the list has changed. */
static const VmfcDevice *
find_before(VmfcDevices *devices, guint place, const gchar *name)
{
	GArray *before = devices->before;

	if (place < before->len && devices->index == NULL) {
		const VmfcDevice *same = &g_array_index(before, VmfcDevice, place);
		if (g_str_equal(same->name, name))
			return same;
	}
	devices->changed = TRUE;
	if (devices->index == NULL)
		devices->index = index_by_name(before);
	return g_hash_table_lookup(devices->index, name);
}

/* The next device of the list. Only a list that changes costs allocations. */
void
vmfc_devices_add(VmfcDevices *devices, const VmfcScan *name, gint64 in, gint64 out)
{
	gsize length = MIN(vmfc_scan_length(name), sizeof(((VmfcDevice *)0)->name) - 1);
	guint place = devices->n_seen++;

	if (place == devices->now->len)
		g_array_set_size(devices->now, place + 1);
	VmfcDevice *device = &g_array_index(devices->now, VmfcDevice, place);
	memcpy(device->name, name->at, length);
	device->name[length] = '\0';
	const VmfcDevice *before = find_before(devices, place, device->name);
	device->in = in;
	device->out = out;
	device->counted = before != NULL && before->counted;
	if (device->counted && (in < before->in || out < before->out))
		devices->backwards = TRUE;
}

static void
add_to(gint64 *sum, gint64 count)
{
	if (*sum == VMFC_DEVICE_UNREADABLE || count == VMFC_DEVICE_UNREADABLE ||
	    __builtin_add_overflow(*sum, count, sum))
		*sum = VMFC_DEVICE_UNREADABLE;
}

static guint64
sum_counted(const VmfcDevices *devices, VmfcDeviceSums *sums)
{
	guint64 signature = 0;

	*sums = (VmfcDeviceSums){0};
	for (guint i = 0; i < devices->now->len; i++) {
		const VmfcDevice *device = &g_array_index(devices->now, VmfcDevice, i);
		if (!device->counted)
			continue;
		add_to(&sums->in, device->in);
		add_to(&sums->out, device->out);
		signature += vmfc_scan_mix(g_str_hash(device->name));
	}
	return signature;
}

/*
 * The list is complete.
 *
 * Returns: whether it was a list: one without any device is none
 */
gboolean
vmfc_devices_end(VmfcDevices *devices, VmfcClassifyFunc classify, gpointer user_data,
		 VmfcDeviceSums *sums)
{
	guint64 signature_before = devices->signature;

	g_array_set_size(devices->now, devices->n_seen);
	g_clear_pointer(&devices->index, g_hash_table_unref);
	if (devices->changed || devices->now->len != devices->before->len)
		devices->unsettled = UNSETTLED_READINGS;
	if (devices->unsettled > 0) {
		devices->unsettled--;
		classify(devices->now, user_data);
	}
	devices->signature = sum_counted(devices, sums);
	sums->goes_on = devices->signature == signature_before && !devices->backwards;
	return devices->n_seen > 0;
}
