/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "scan.h"
#include "vmfc/vmfc-plugin.h"

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
	GArray *devices; /* of VmfcDevice, in the order of the file */
	guint n_seen;
	gboolean renamed;   /* another device stands at some place of the list */
	gboolean backwards; /* a counted device has lost some of its count */
	guint signature;    /* of the set that is counted */
} VmfcDevices;

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
vmfc_devices_end(VmfcDevices *devices, VmfcClassifyFunc classify, gpointer user_data, gint64 *in,
		 gint64 *out);
