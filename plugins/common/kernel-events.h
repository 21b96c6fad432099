/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <glib.h>

/* One message of the kernel. Returns: whether the devices must be classified again */
typedef gboolean (*VmfcKernelEventFunc)(const gchar *message, gsize length);

gint
vmfc_kernel_events_open(gint protocol, guint group);
gboolean
vmfc_kernel_events_drain(gint fd, VmfcKernelEventFunc concerns);
