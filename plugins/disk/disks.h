/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/devices.h"

/* What sysfs and the kernel's messages say of the disks. */
typedef struct {
	gchar *folder;	      /* /sys/block */
	gint events;	      /* a socket on which the kernel says what changes; -1: it does not */
	gint switches;	      /* inotify, on what switches the accounting; -1: none */
	gboolean unexplained; /* disks are listed, but sysfs knows none of them */
	gchar off[64];	      /* a disk that is counted and whose accounting is off; "" for none */
} Disks;

void
disks_init(Disks *disks, gchar *folder, gboolean is_own);
void
disks_clear(Disks *disks);
gboolean
disks_are_polled(const Disks *disks);
gboolean
disks_have_changed(const Disks *disks);
gboolean
disks_were_switched(const Disks *disks);
void
disks_classify(GArray *devices, gpointer data);
