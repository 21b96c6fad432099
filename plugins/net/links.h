/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/devices.h"

/* Why vmfc does not know which interfaces use others. */
typedef enum {
	NET_LINKS_KNOWN,
	NET_LINKS_NO_SYSFS,
	NET_LINKS_OTHER_SYSFS,
} NetLinksState;

/* Reads the properties of the interfaces from sysfs and the kernel's messages. */
typedef struct {
	gchar *folder; /* /sys/class/net */
	gint events;   /* a socket on which the kernel reports changes; -1: none */
	gint names;    /* a socket for requests about the interfaces of this process; -1: none */
	NetLinksState state;
} NetLinks;

void
net_links_init(NetLinks *links, gchar *folder, gboolean is_own);
void
net_links_clear(NetLinks *links);
gboolean
net_links_have_changed(const NetLinks *links);
void
net_links_classify(GArray *devices, gpointer data);
