/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include "common/scan.h"

/* For messages and files; a longer name is cut there. */
#define QEMU_LABEL_SIZE 256

/* Of /proc/PID/stat, proc(5). */
typedef struct {
	gboolean is_alive; /* not a zombie */
	gboolean waits_for_disk;
	gint64 cpu_ticks; /* user and system, of all threads, including those that have ended */
	gint64 start;	  /* ticks from the boot to its start */
} QemuStat;

/* What is known of a process' program before its command line is read. */
typedef enum {
	QEMU_PROGRAM_UNKNOWN, /* /proc/PID/exe cannot be read */
	QEMU_PROGRAM_OTHER,
	QEMU_PROGRAM_LOADER, /* ld.so: the command line has the loaded program */
	QEMU_PROGRAM_QEMU,
} QemuProgram;

/*
 * The data of a command line about the VM: parts of it, empty when missing. Names may be as long as
 * a command line, and contain any bytes.
 */
typedef struct {
	VmfcScan name;
	VmfcScan uuid;
} QemuLabels;

gboolean
qemu_parse_stat(const gchar *text, gsize length, QemuStat *stat);
gboolean
qemu_parse_schedstat(const gchar *text, gsize length, gint64 *nanoseconds);
gboolean
qemu_parse_uid(const gchar *text, gsize length, gint64 *uid);
QemuProgram
qemu_parse_program(const gchar *path, gsize length);
gboolean
qemu_parse_command(gchar *text, gsize length, QemuProgram program, gboolean has_name,
		   QemuLabels *labels);
gboolean
qemu_is_vcpu(const gchar *text, gsize length);
gboolean
qemu_labels_match(const QemuLabels *labels, const gchar *wanted);
void
qemu_print(const VmfcScan *text, gchar *label, gsize size);
