/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "process.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S    G_GINT64_CONSTANT(1000000000)
#define LOOK_PERIOD NS_PER_S
/* stat and schedstat are one line each. */
#define LINE_SIZE 4096

void
qemu_process_init(QemuProcess *process)
{
	*process = (QemuProcess){
		.stat_fd = -1,
		.vcpus = g_array_new(FALSE, FALSE, sizeof(QemuVcpu)),
	};
}

static void
drop_vcpus(QemuProcess *process)
{
	for (guint i = 0; i < process->vcpus->len; i++)
		close(g_array_index(process->vcpus, QemuVcpu, i).fd);
	g_array_set_size(process->vcpus, 0);
}

/* Stops following it. */
void
qemu_process_close(QemuProcess *process)
{
	drop_vcpus(process);
	g_clear_pointer(&process->tasks, closedir);
	if (process->stat_fd >= 0)
		close(process->stat_fd);
	process->stat_fd = -1;
}

void
qemu_process_clear(QemuProcess *process)
{
	qemu_process_close(process);
	g_array_unref(process->vcpus);
}

static gint
open_at(gint folder, const gchar *path)
{
	return openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* Reads a small file below a folder. Returns: its length without the NUL that follows; -1: none */
gssize
qemu_read_at(gint folder, const gchar *path, gchar *text, gsize size)
{
	gint fd = open_at(folder, path);
	gssize n = fd >= 0 ? read(fd, text, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (n >= 0)
		text[n] = '\0';
	return n;
}

/* Whether the processes have the same pids in a procfs as for this process. */
static gboolean
has_our_numbers(const gchar *proc)
{
	g_autofree gchar *path = g_build_filename(proc, "self", NULL);
	g_autofree gchar *self = g_file_read_link(path, NULL);

	return self != NULL && strtol(self, NULL, 10) == getpid();
}

static gboolean
read_stat(const QemuProcess *process, QemuStat *stat)
{
	gchar text[LINE_SIZE];
	gssize n = pread(process->stat_fd, text, sizeof(text), 0);

	return n > 0 && qemu_parse_stat(text, (gsize)n, stat);
}

/*
 * Follows a process from now on. Its CPU clock counts ns, includes the threads that have ended, and
 * every user may read it (clock_getcpuclockid(3)). When the pids are not ours, in a container,
 * /proc/PID/stat gives the time instead, in ticks of mostly 10 ms.
 *
 * @start: its expected start; negative: any
 *
 * Returns: %FALSE when it does not exist (any more)
 */
gboolean
qemu_process_open(QemuProcess *process, const gchar *proc, gint pid, gint64 start)
{
	g_autofree gchar *folder = g_strdup_printf("%s/%d", proc, pid);
	g_autofree gchar *path = g_build_filename(folder, "stat", NULL);
	g_autofree gchar *tasks = g_build_filename(folder, "task", NULL);
	QemuStat stat;

	qemu_process_close(process);
	process->stat_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (process->stat_fd < 0 || !read_stat(process, &stat) || !stat.is_alive ||
	    (start >= 0 && stat.start != start)) {
		qemu_process_close(process);
		return FALSE;
	}
	process->pid = pid;
	process->start = stat.start;
	process->has_clock = has_our_numbers(proc) &&
			     clock_getcpuclockid(pid, &process->clock) == 0;
	process->tasks = opendir(tasks);
	process->next_look = 0;
	return TRUE;
}

/* User and system time are rounded down to ticks each. */
#define TICKS_SLACK 2

static gint64
from_ticks(gint64 ticks)
{
	return ticks * (NS_PER_S / sysconf(_SC_CLK_TCK));
}

/* -------------------------------------------------------------- vCPUs */

static gboolean
is_known(const QemuProcess *process, gint tid)
{
	for (guint i = 0; i < process->vcpus->len; i++) {
		if (g_array_index(process->vcpus, QemuVcpu, i).tid == tid)
			return TRUE;
	}
	return FALSE;
}

static gboolean
add_vcpu(QemuProcess *process, const gchar *name, gint tid)
{
	gchar path[NAME_MAX + sizeof("/schedstat")];
	QemuVcpu vcpu = {.tid = tid};

	g_snprintf(path, sizeof(path), "%s/schedstat", name);
	vcpu.fd = open_at(dirfd(process->tasks), path);
	vcpu.in_ticks = vcpu.fd < 0;
	g_snprintf(path, sizeof(path), "%s/stat", name);
	if (vcpu.in_ticks)
		vcpu.fd = open_at(dirfd(process->tasks), path);
	if (vcpu.fd >= 0)
		g_array_append_val(process->vcpus, vcpu);
	return vcpu.fd >= 0;
}

static gboolean
read_vcpu(const QemuVcpu *vcpu, gint64 *nanoseconds)
{
	gchar text[LINE_SIZE];
	QemuStat stat;
	gssize n = pread(vcpu->fd, text, sizeof(text), 0);

	if (n <= 0)
		return FALSE;
	if (!vcpu->in_ticks)
		return qemu_parse_schedstat(text, (gsize)n, nanoseconds);
	if (!qemu_parse_stat(text, (gsize)n, &stat))
		return FALSE;
	*nanoseconds = from_ticks(stat.cpu_ticks);
	return TRUE;
}

/* Returns: whether a new one was found */
static gboolean
search_vcpus(QemuProcess *process)
{
	const struct dirent *entry;
	gboolean any = FALSE;

	rewinddir(process->tasks);
	while ((entry = readdir(process->tasks)) != NULL) {
		gint tid = (gint)strtol(entry->d_name, NULL, 10);
		gchar path[NAME_MAX + sizeof("/comm")];
		gchar name[64];
		if (tid <= 0 || is_known(process, tid))
			continue;
		g_snprintf(path, sizeof(path), "%s/comm", entry->d_name);
		gssize n = qemu_read_at(dirfd(process->tasks), path, name, sizeof(name));
		if (n <= 0 || !qemu_is_vcpu(name, (gsize)n))
			continue;
		any |= add_vcpu(process, entry->d_name, tid);
	}
	return any;
}

/* Returns: %FALSE when one of them has ended */
static gboolean
sum_vcpus(const QemuProcess *process, QemuTimes *times)
{
	times->vcpu = 0;
	times->vcpu_slack = 0;
	for (guint i = 0; i < process->vcpus->len; i++) {
		gint64 nanoseconds;
		const QemuVcpu *vcpu = &g_array_index(process->vcpus, QemuVcpu, i);
		if (!read_vcpu(vcpu, &nanoseconds))
			return FALSE;
		times->vcpu += nanoseconds;
		times->vcpu_slack += vcpu->in_ticks ? from_ticks(TICKS_SLACK) : 0;
	}
	return TRUE;
}

static void
read_vcpus(QemuProcess *process, gint64 now, QemuTimes *times)
{
	times->vcpu = -1;
	times->vcpus_changed = FALSE;
	times->n_vcpus = 0;
	if (process->tasks == NULL)
		return;
	if (now >= process->next_look) {
		process->next_look = now + LOOK_PERIOD;
		times->vcpus_changed = search_vcpus(process);
	}
	if (!sum_vcpus(process, times)) {
		/* a CPU was removed: the others are found again at once */
		drop_vcpus(process);
		search_vcpus(process);
		times->vcpus_changed = TRUE;
		if (!sum_vcpus(process, times))
			times->vcpu = -1;
	}
	times->n_vcpus = process->vcpus->len;
	if (times->n_vcpus == 0)
		times->vcpu = -1;
}

/* ------------------------------------------------------------ reading */

static gboolean
read_clock(const QemuProcess *process, gint64 *nanoseconds)
{
	struct timespec time;

	if (clock_gettime(process->clock, &time) < 0)
		return FALSE;
	*nanoseconds = (gint64)time.tv_sec * NS_PER_S + time.tv_nsec;
	return TRUE;
}

/*
 * @now: CLOCK_MONOTONIC, ns
 *
 * Returns: %FALSE when the process has ended; it is not followed any more then
 */
gboolean
qemu_process_read(QemuProcess *process, gint64 now, QemuTimes *times)
{
	QemuStat stat;

	/* the clock first: a process that exists afterwards existed when its clock was read */
	gboolean by_clock = process->has_clock && read_clock(process, &times->cpu);
	if (!read_stat(process, &stat) || !stat.is_alive || stat.start != process->start ||
	    (process->has_clock && !by_clock)) {
		qemu_process_close(process);
		return FALSE;
	}
	times->cpu_slack = by_clock ? 0 : from_ticks(TICKS_SLACK);
	if (!by_clock)
		times->cpu = from_ticks(stat.cpu_ticks);
	read_vcpus(process, now, times);
	return TRUE;
}
