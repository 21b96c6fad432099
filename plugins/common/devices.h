/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/scan.h"
#include "vmfc/vmfc-plugin.h"

/* In place of a count: the device is there, but its line cannot be understood. Or of a sum of
 * counts: it cannot be told. */
#define VMFC_DEVICE_UNREADABLE (-1)

/* One line of /proc/diskstats or /proc/net/dev. */
typedef struct {
	gchar name[64];
	gboolean counted;
	guint64 identity; /* what the kernel calls this one among all of its name; 0: unknown */
	guint8 kind;	  /* what the classification found out */
	guint8 fresh;	  /* looks at which what never changes is read once more */
	gint64 in;	  /* read or received */
	gint64 out;	  /* written or sent */
} VmfcDevice;

/* How the counts of a reading follow those of the reading before. */
typedef enum {
	VMFC_DEVICES_FIRST,    /* there is none before */
	VMFC_DEVICES_GO_ON,    /* the same devices have counted on */
	VMFC_DEVICES_CHANGED,  /* others are counted than before */
	VMFC_DEVICES_RESET,    /* a device has lost some of its count */
	VMFC_DEVICES_TOO_FAST, /* a device has counted more than any can transfer */
	VMFC_DEVICES_SWITCHED, /* a device did not count for a part of the window */
	VMFC_DEVICES_N_COURSES,
} VmfcDevicesCourse;

/*
 * Devices that come and go, of which some are counted. A sum over them is the same counter as
 * before only while the same devices are in it and none of them has been reset.
 */
typedef struct {
	GArray *now; /* of VmfcDevice, in the order of the file */
	GArray *before;
	GHashTable *index;   /* of @before by name, from the first that is at another place on */
	guint n_seen;	     /* of @now */
	gboolean changed;    /* the list is not the one before */
	gboolean backwards;  /* a counted device has lost some of its count */
	gboolean too_fast;   /* a counted device has grown by more than @most_growth */
	gboolean polled;     /* the kernel does not tell what changes: look again each second */
	guint unsettled;     /* readings for which the devices are looked at once more */
	gint64 next_look;    /* when to look once more in any case */
	gint64 time;	     /* of this reading, in ns */
	gint64 unit;	     /* bytes in one count */
	gint64 most_growth;  /* from the reading before to this one */
	guint64 signature;   /* of the set that is counted */
	gboolean has_before; /* a reading was completed */
} VmfcDevices;

/* Sums over all devices that are counted. */
typedef struct {
	gint64 in;
	gint64 out;
	VmfcDevicesCourse course;
} VmfcDeviceSums;

/* Sets @counted and @identity of all devices. Allocates nothing: it may be asked at any tick. */
typedef void (*VmfcClassifyFunc)(GArray *devices, gpointer user_data);

void
vmfc_devices_init(VmfcDevices *devices, gint64 unit, gboolean polled);
void
vmfc_devices_clear(VmfcDevices *devices);
void
vmfc_devices_begin(VmfcDevices *devices, gint64 time);
void
vmfc_devices_add(VmfcDevices *devices, const VmfcScan *name, gint64 in, gint64 out);
void
vmfc_devices_look_again(VmfcDevices *devices);
gboolean
vmfc_devices_end(VmfcDevices *devices, VmfcClassifyFunc classify, gpointer user_data,
		 VmfcDeviceSums *sums);
void
vmfc_devices_say_course(const VmfcDeviceSums *sums, VmfcContext *context, VmfcRecord *record,
			const gchar *const *reasons);
