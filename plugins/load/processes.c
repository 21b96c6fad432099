/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "vmfc/vmfc-plugin.h"

/*
 * The kernel gives /proc as many links as there are processes plus its other folders (fs/proc/
 * root.c, proc_root_getattr): asking for them costs a fiftieth of reading the folder. It counts
 * all processes of the machine, so that in a PID namespace only reading the folder tells; and
 * loading a module may add a folder, so that the difference is looked at again now and then.
 */
#define CHECK_PERIOD (60 * G_USEC_PER_SEC)
#define ATTEMPTS     20
/* PROC_PID_INIT_INO, include/linux/proc_ns.h */
#define INITIAL_PID_NAMESPACE 0xEFFFFFFCu

static gint64
count_folders(const LoadProcesses *processes)
{
	const struct dirent *entry;
	gint64 n = 0;

	rewinddir(processes->folder);
	while ((entry = readdir(processes->folder)) != NULL) {
		if (strspn(entry->d_name, "0123456789") == strlen(entry->d_name))
			n++;
	}
	return n;
}

static gint64
count_links(const LoadProcesses *processes)
{
	struct stat info;
	return fstat(dirfd(processes->folder), &info) == 0 ? (gint64)info.st_nlink : -1;
}

/*
 * Finds out how many links are no processes, at an instant at which none comes or goes: the links
 * are the same before and after, and twice in a row, for one that goes can hide one that comes.
 */
static gboolean
calibrate(LoadProcesses *processes)
{
	gint64 last = -1;

	for (guint i = 0; i < ATTEMPTS; i++) {
		gint64 before = count_links(processes);
		gint64 other_links = before - count_folders(processes);
		if (before != count_links(processes))
			continue;
		if (other_links == last) {
			processes->other_links = other_links;
			processes->next_check = g_get_monotonic_time() + CHECK_PERIOD;
			return TRUE;
		}
		last = other_links;
	}
	return FALSE;
}

static gboolean
is_procfs(const LoadProcesses *processes)
{
	struct statfs fs;
	return fstatfs(dirfd(processes->folder), &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Of the procfs that is looked at, which under another root need not be ours. */
static gboolean
is_initial_pid_namespace(const LoadProcesses *processes)
{
	struct stat namespace;
	return fstatat(dirfd(processes->folder), "self/ns/pid", &namespace, 0) == 0 &&
	       namespace.st_ino == INITIAL_PID_NAMESPACE;
}

/* Every PID namespace has a process 1; it is not shown under the mount option hidepid=2. */
static gboolean
is_hidden(const LoadProcesses *processes)
{
	return is_procfs(processes) && faccessat(dirfd(processes->folder), "1", F_OK, 0) < 0;
}

gboolean
load_processes_open(LoadProcesses *processes, const gchar *path, GError **error)
{
	processes->folder = opendir(path);
	if (processes->folder == NULL) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED, "%s cannot be read: %s",
			    path, g_strerror(errno));
		return FALSE;
	}
	processes->hidden = is_hidden(processes);
	processes->by_links = !processes->hidden && is_procfs(processes) &&
			      is_initial_pid_namespace(processes) && calibrate(processes);
	return TRUE;
}

void
load_processes_close(LoadProcesses *processes)
{
	if (processes->folder != NULL)
		closedir(processes->folder);
}

/* Returns: how many there are; -1 when it cannot be told */
gint64
load_processes_count(LoadProcesses *processes)
{
	if (processes->folder == NULL || processes->hidden)
		return -1;
	if (processes->by_links && g_get_monotonic_time() >= processes->next_check)
		processes->by_links = calibrate(processes);
	if (!processes->by_links)
		return count_folders(processes);
	gint64 links = count_links(processes);
	return links < 0 ? -1 : links - processes->other_links;
}
