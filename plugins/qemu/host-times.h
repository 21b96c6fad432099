/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "cpu/parse.h"
#include "vmfc/vmfc-plugin.h"

/* What the CPUs of the host did, from /proc/stat. */
typedef struct {
	VmfcFile *stat;
	CpuTimes times;
	gboolean has_other_fields; /* than at the last reading: other times are in their sum */
} QemuHost;

gboolean
qemu_host_open(QemuHost *host, VmfcContext *context, GError **error);
gboolean
qemu_host_read(QemuHost *host, GError **error);
gint64
qemu_host_get_busy(const QemuHost *host);
