/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#pragma once

#include <dirent.h>

#include "parse.h"

/* A thread that is a CPU of the VM. */
typedef struct {
	gint tid;
	gint fd;	   /* of its schedstat */
	gboolean in_ticks; /* of its stat, where the kernel has no schedstat */
} QemuVcpu;

/*
 * A process that is followed. Its files stay open: the kernel ties them to this process, so that
 * another one with its number later is never taken for it.
 */
typedef struct {
	gint pid;
	gint64 start;	    /* ticks from the boot to its beginning: tells it from another one */
	gint stat_fd;	    /* -1: no process is followed */
	clockid_t clock;    /* of the CPU time of all its threads */
	gboolean has_clock; /* its number is one of ours: the clock can be asked */
	DIR *tasks;	    /* NULL: cannot be read */
	GArray *vcpus;	    /* of QemuVcpu */
	gint64 next_look;   /* for vCPUs that are new, CLOCK_MONOTONIC, ns */
} QemuProcess;

typedef struct {
	gint64 cpu;  /* ns, of all threads since it began */
	gint64 vcpu; /* ns, of the threads that are CPUs of the VM; -1: not known */
	/* ns by which a growth of these may be wrong */
	gint64 cpu_slack;
	gint64 vcpu_slack;
	gboolean vcpus_changed;
	guint n_vcpus; /* such threads that are there */
} QemuTimes;

void
qemu_process_init(QemuProcess *process);
gboolean
qemu_process_open(QemuProcess *process, const gchar *proc, gint pid, gint64 start);
void
qemu_process_close(QemuProcess *process);
void
qemu_process_clear(QemuProcess *process);
gboolean
qemu_process_read(QemuProcess *process, gint64 now, QemuTimes *times);
gssize
qemu_read_at(gint folder, const gchar *path, gchar *text, gsize size);
