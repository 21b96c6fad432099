/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/devices.h"

/* Reads the properties of the disks from sysfs and the kernel's messages. */
typedef struct {
	gchar *folder;	      /* /sys/block */
	gint events;	      /* a socket on which the kernel reports changes; -1: none */
	gint switches;	      /* inotify, on the accounting switches; -1: none */
	gboolean unexplained; /* /proc/diskstats lists disks, but sysfs shows none of them */
	gchar off[64];	      /* a counted disk whose accounting is off; "" for none */
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
