/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "common/devices.h"

/* sysfs shows the links to the underlying devices a moment after the device itself. */
#define UNSETTLED_READINGS 3
#define FRESH_LOOKS	   3
/* A second, less the time by which a tick may be early. */
#define CLASSIFY_INTERVAL (G_GINT64_CONSTANT(900) * 1000 * 1000)
#define NS_PER_S	  G_GINT64_CONSTANT(1000000000)
/*
 * More than any device transfers in a second, each way: 16 lanes of PCI Express 7.0 carry 242 GB,
 * 1.6 terabit Ethernet 200 GB, the fastest disks of today 30 GB.
 */
#define MAX_BYTES_PER_S 0x1p38
/* Some drivers read their device's counts once a second: a short window may show a whole one. */
#define LUMP_NS NS_PER_S

void
vmfc_devices_init(VmfcDevices *devices, gint64 unit, gboolean polled)
{
	*devices = (VmfcDevices){
		.unit = unit,
		.polled = polled,
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

static gint64
find_max_growth(const VmfcDevices *devices, gint64 elapsed)
{
	gdouble seconds = (gdouble)(elapsed + LUMP_NS) / NS_PER_S;
	gdouble most = seconds * MAX_BYTES_PER_S / (gdouble)devices->unit;
	return most < 0x1p62 ? (gint64)most : G_MAXINT64;
}

/* Begins a new reading of the list at @time, on CLOCK_MONOTONIC, in ns. */
void
vmfc_devices_begin(VmfcDevices *devices, gint64 time)
{
	GArray *now = devices->before;
	devices->before = devices->now;
	devices->now = now;
	g_clear_pointer(&devices->index, g_hash_table_unref);
	devices->n_seen = 0;
	devices->changed = FALSE;
	devices->backwards = FALSE;
	devices->too_fast = FALSE;
	devices->max_growth = find_max_growth(devices, MAX(0, time - devices->time));
	devices->time = time;
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

/* Finds the device of that name in the last reading: at the same position if nothing changed. */
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

/* Whether a count has grown by more than is possible. */
static gboolean
is_too_fast(const VmfcDevices *devices, gint64 before, gint64 now)
{
	return before >= 0 && now >= 0 && now - before > devices->max_growth;
}

/* Adds the next device of the list. Allocates only when the list has changed. */
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
	device->identity = before != NULL ? before->identity : 0;
	device->kind = before != NULL ? before->kind : 0;
	device->fresh = before != NULL ? before->fresh : FRESH_LOOKS;
	if (!device->counted)
		return;
	devices->backwards |= in < before->in || out < before->out;
	devices->too_fast |= is_too_fast(devices, before->in, in) ||
			     is_too_fast(devices, before->out, out);
}

/* The underlying devices may have changed. */
void
vmfc_devices_classify_again(VmfcDevices *devices)
{
	devices->unsettled = UNSETTLED_READINGS;
	devices->next_classification = devices->time + CLASSIFY_INTERVAL;
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
		signature += vmfc_scan_mix(vmfc_scan_mix(device->identity) ^
					   g_str_hash(device->name));
	}
	return signature;
}

/* Whether it is time to classify the devices again. */
static gboolean
is_classification_due(VmfcDevices *devices)
{
	gboolean due = devices->unsettled > 0;

	if (due)
		devices->unsettled--;
	if (devices->time >= devices->next_classification) {
		due = TRUE;
		devices->next_classification = devices->polled ? devices->time + CLASSIFY_INTERVAL
							       : G_MAXINT64;
	}
	return due;
}

static VmfcDevicesCourse
find_course(const VmfcDevices *devices, guint64 signature_before)
{
	if (!devices->has_before)
		return VMFC_DEVICES_FIRST;
	if (devices->signature != signature_before)
		return VMFC_DEVICES_CHANGED;
	if (devices->backwards)
		return VMFC_DEVICES_RESET;
	return devices->too_fast ? VMFC_DEVICES_TOO_FAST : VMFC_DEVICES_CONTINUED;
}

/*
 * Ends the list.
 *
 * Returns: whether the list is valid: it contains at least one device
 */
gboolean
vmfc_devices_end(VmfcDevices *devices, VmfcClassifyFunc classify, gpointer user_data,
		 VmfcDeviceSums *sums)
{
	guint64 signature_before = devices->signature;

	g_array_set_size(devices->now, devices->n_seen);
	g_clear_pointer(&devices->index, g_hash_table_unref);
	if (devices->changed || devices->now->len != devices->before->len)
		vmfc_devices_classify_again(devices);
	if (is_classification_due(devices))
		classify(devices->now, user_data);
	devices->signature = sum_counted(devices, sums);
	sums->course = find_course(devices, signature_before);
	devices->has_before = TRUE;
	return devices->n_seen > 0;
}

/* @reason: (nullable): why columns 0 and 1 are missing */
static void
set_reason(VmfcContext *context, const gchar *reason)
{
	VmfcState state = reason != NULL ? VMFC_STATE_IMPLAUSIBLE : VMFC_STATE_OK;

	for (guint i = 0; i < 2; i++)
		vmfc_context_set_state(context, i, state, reason, NULL);
}

/* The list cannot be read: the error is the reason, and not what was wrong before. */
void
vmfc_devices_forget_course(VmfcContext *context)
{
	set_reason(context, NULL);
}

/*
 * Starts columns 0 and 1 again in a window for which the growth of the counted devices is not
 * known, and sets the reason.
 *
 * @reasons: (nullable): %NULL when the caller gives another reason
 */
void
vmfc_devices_report_course(const VmfcDeviceSums *sums, VmfcContext *context, VmfcRecord *record,
			   const gchar *const *reasons)
{
	if (sums->course != VMFC_DEVICES_CONTINUED) {
		vmfc_record_restart(record, 0);
		vmfc_record_restart(record, 1);
	}
	set_reason(context, reasons != NULL ? reasons[sums->course] : NULL);
}
