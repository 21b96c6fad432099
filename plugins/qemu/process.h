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
	gboolean in_ticks; /* of its stat, when the kernel has no schedstat */
} QemuVcpu;

/*
 * A followed process. Its files stay open: the kernel ties them to this process, so that another
 * process with the same pid is never taken for it.
 */
typedef struct {
	gint pid;
	gint64 start;	    /* ticks from the boot to its start, which identifies it */
	gint stat_fd;	    /* -1: no process is followed */
	clockid_t clock;    /* of the CPU time of all its threads */
	gboolean has_clock; /* its pid is one of ours: its clock can be read */
	DIR *tasks;	    /* NULL: cannot be read */
	GArray *vcpus;	    /* of QemuVcpu */
	gint64 next_look;   /* when to search for new vCPUs, CLOCK_MONOTONIC, ns */
} QemuProcess;

typedef struct {
	gint64 cpu;  /* ns, of all threads since its start */
	gint64 vcpu; /* ns, of the threads that are CPUs of the VM; -1: unknown */
	/* ns, possible error of a growth of these */
	gint64 cpu_slack;
	gint64 vcpu_slack;
	gboolean vcpus_changed;
	guint n_vcpus; /* number of such threads */
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
