/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "scan.h"
#include "vmfc/vmfc-plugin.h"

/* In place of a count: the device is there, but its line cannot be understood. Or of a sum of
 * counts: it cannot be told. */
#define VMFC_DEVICE_UNREADABLE (-1)

/* One line of /proc/diskstats or /proc/net/dev. */
typedef struct {
	gchar name[64];
	gboolean counted;
	gint64 in;  /* read or received */
	gint64 out; /* written or sent */
} VmfcDevice;

/*
 * Devices that come and go, of which some are counted. A sum over them is the same counter as
 * before only while the same devices are in it and none of them has been reset.
 */
typedef struct {
	GArray *now; /* of VmfcDevice, in the order of the file */
	GArray *before;
	GHashTable *index;  /* of @before by name, from the first that is at another place on */
	guint n_seen;	    /* of @now */
	gboolean changed;   /* the list is not the one before */
	gboolean backwards; /* a counted device has lost some of its count */
	guint unsettled;    /* readings for which the devices are looked at once more */
	guint64 signature;  /* of the set that is counted */
} VmfcDevices;

/* Sums over all devices that are counted. */
typedef struct {
	gint64 in;
	gint64 out;
	gboolean goes_on; /* they count from where those before did */
} VmfcDeviceSums;

/* Sets @counted of all devices; called when the list is not the one that it was. */
typedef void (*VmfcClassifyFunc)(GArray *devices, gpointer user_data);

void
vmfc_devices_init(VmfcDevices *devices);
void
vmfc_devices_clear(VmfcDevices *devices);
void
vmfc_devices_begin(VmfcDevices *devices);
void
vmfc_devices_add(VmfcDevices *devices, const VmfcScan *name, gint64 in, gint64 out);
gboolean
vmfc_devices_end(VmfcDevices *devices, VmfcClassifyFunc classify, gpointer user_data,
		 VmfcDeviceSums *sums);
