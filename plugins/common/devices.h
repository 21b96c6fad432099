/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/scan.h"
#include "vmfc/vmfc-plugin.h"

/*
 * Instead of a count: the device is listed, but its line is invalid. Instead of a sum: it is not
 * known.
 */
#define VMFC_DEVICE_UNREADABLE (-1)

/* One line of /proc/diskstats or /proc/net/dev. */
typedef struct {
	gchar name[64];
	gboolean counted;
	guint64 identity; /* the kernel's number for this device; 0: unknown */
	guint8 kind;	  /* the result of the classification */
	guint8 fresh;	  /* remaining classifications that read constant properties again */
	gint64 in;	  /* read or received */
	gint64 out;	  /* written or sent */
} VmfcDevice;

/* How the counts of a reading compare with those of the previous reading. */
typedef enum {
	VMFC_DEVICES_FIRST,	/* there is no previous reading */
	VMFC_DEVICES_CONTINUED, /* the same devices, and their counts grew */
	VMFC_DEVICES_CHANGED,	/* other devices are counted than before */
	VMFC_DEVICES_RESET,	/* the count of a device went backwards */
	VMFC_DEVICES_TOO_FAST,	/* a count grew faster than any device can transfer */
	VMFC_DEVICES_SWITCHED,	/* a device did not count during a part of the window */
	VMFC_DEVICES_N_COURSES,
} VmfcDevicesCourse;

/*
 * Devices that come and go, of which some are counted. Their sum is the same counter as before only
 * while it contains the same devices and none of them has been reset.
 */
typedef struct {
	GArray *now; /* of VmfcDevice, in the order of the file */
	GArray *before;
	GHashTable *index;  /* of @before by name, from the first device at another position */
	guint n_seen;	    /* number of @now */
	gboolean changed;   /* the list differs from the previous one */
	gboolean backwards; /* the count of a counted device went backwards */
	gboolean too_fast;  /* a counted device has grown by more than @max_growth */
	gboolean polled;    /* the kernel reports no changes: classify again each second */
	guint unsettled;    /* readings for which the devices are classified again */
	gint64 next_classification; /* when to classify again in any case */
	gint64 time;		    /* of this reading, in ns */
	gint64 unit;		    /* bytes per count */
	gint64 max_growth;	    /* since the previous reading */
	guint64 signature;	    /* of the set of counted devices */
	gboolean has_before;	    /* a reading was completed */
} VmfcDevices;

/* Sums over all devices that are counted. */
typedef struct {
	gint64 in;
	gint64 out;
	VmfcDevicesCourse course;
} VmfcDeviceSums;

/* Sets @counted and @identity of all devices. Allocates nothing: any tick may call it. */
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
vmfc_devices_classify_again(VmfcDevices *devices);
gboolean
vmfc_devices_end(VmfcDevices *devices, VmfcClassifyFunc classify, gpointer user_data,
		 VmfcDeviceSums *sums);
void
vmfc_devices_forget_course(VmfcContext *context);
void
vmfc_devices_report_course(const VmfcDeviceSums *sums, VmfcContext *context, VmfcRecord *record,
			   const gchar *const *reasons);
