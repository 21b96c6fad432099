/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "../scan.h"

/* libvirt's names are no longer than a file's; longer ones are cut. */
#define QEMU_NAME_SIZE 256
#define QEMU_UUID_SIZE 64

/* Of /proc/PID/stat, proc(5). */
typedef struct {
	gboolean is_alive; /* no zombie */
	gint64 cpu_ticks;  /* user and system, of all threads, also of those that have ended */
	gint64 start;	   /* ticks from the boot to its beginning */
} QemuStat;

/* What a command line says of the VM; empty where it does not. */
typedef struct {
	gchar name[QEMU_NAME_SIZE];
	gchar uuid[QEMU_UUID_SIZE];
} QemuLabels;

gboolean
qemu_parse_stat(const gchar *text, gsize length, QemuStat *stat);
gboolean
qemu_parse_schedstat(const gchar *text, gsize length, gint64 *nanoseconds);
gboolean
qemu_parse_command(const gchar *text, gsize length, QemuLabels *labels);
gboolean
qemu_is_vcpu(const gchar *text, gsize length);
gboolean
qemu_labels_match(const QemuLabels *labels, const gchar *wanted);
