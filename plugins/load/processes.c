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

#include "hiding.h"
#include "vmfc/vmfc-plugin.h"

/*
 * The kernel gives /proc as many links as there are processes and other folders, including "." and
 * ".." (fs/proc/root.c, proc_root_getattr(); fs/proc/generic.c, proc_mkdir_data()). The cost of
 * reading the link count does not depend on the number of processes. The count includes all
 * processes of the machine, so in a PID namespace only reading the folder gives the right number.
 * Loading a module may add a folder, so the other folders are counted again now and then. They
 * stand before the processes.
 */
#define CHECK_PERIOD (60 * G_USEC_PER_SEC)
#define ATTEMPTS     20
/* About the size of the other entries: a larger buffer makes the kernel read processes in vain. */
#define OTHERS_SIZE 2048
/* "." and "..", the only others with the mount option subset=pid; the links count all processes */
#define OTHERS_LEFT 2
/* PROC_PID_INIT_INO, include/linux/proc_ns.h */
#define INITIAL_PID_NAMESPACE 0xEFFFFFFCu

static gboolean
is_process(const gchar *name)
{
	return strspn(name, "0123456789") == strlen(name);
}

static gint64
count_folders(const LoadProcesses *processes)
{
	const struct dirent *entry;
	gint64 n = 0;

	rewinddir(processes->folder);
	while ((entry = readdir(processes->folder)) != NULL) {
		if (is_process(entry->d_name))
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

/* Counts the folders of /proc that are not processes. Returns: -1 when it cannot be read */
static gint64
count_others(const LoadProcesses *processes)
{
	union {
		struct dirent64 first;
		gchar bytes[OTHERS_SIZE];
	} entries;
	gint fd = dirfd(processes->folder);
	gssize length = -1;
	gint64 n = 0;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -1;
	while ((length = getdents64(fd, &entries, sizeof(entries))) > 0) {
		for (gssize at = 0; at < length;) {
			const struct dirent64 *entry = (gpointer)(entries.bytes + at);
			if (is_process(entry->d_name))
				return n;
			n += entry->d_type == DT_DIR ? 1 : 0;
			at += entry->d_reclen;
		}
	}
	return length < 0 ? -1 : n;
}

/*
 * Checks that this kernel follows the rule: the link count matches the content of the folder.
 * Processes come and go during the check. So one count must only lie between two values of the
 * other, taken before and after.
 */
static gboolean
links_tell(LoadProcesses *processes)
{
	for (guint i = 0; i < ATTEMPTS; i++) {
		gint64 others = count_others(processes);
		gint64 before = count_links(processes);
		gint64 links = count_folders(processes) + others;
		gint64 after = count_links(processes);
		if (others <= OTHERS_LEFT || links < MIN(before, after) ||
		    links > MAX(before, after))
			continue;
		processes->other_links = others;
		processes->next_check = g_get_monotonic_time() + CHECK_PERIOD;
		return TRUE;
	}
	return FALSE;
}

/* Runs once a minute, within a tick: it must not take longer when there are many processes. */
static void
check_others(LoadProcesses *processes)
{
	gint64 others = count_others(processes);

	if (others >= 0)
		processes->other_links = others;
	processes->next_check = g_get_monotonic_time() + CHECK_PERIOD;
}

static gboolean
is_procfs(const LoadProcesses *processes)
{
	struct statfs fs;
	return fstatfs(dirfd(processes->folder), &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Of the procfs in use, which is not necessarily ours under another root. */
static gboolean
is_initial_pid_namespace(const LoadProcesses *processes)
{
	struct stat namespace;
	return fstatat(dirfd(processes->folder), "self/ns/pid", &namespace, 0) == 0 &&
	       namespace.st_ino == INITIAL_PID_NAMESPACE;
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
	processes->hidden = is_procfs(processes) && load_hides_from_us(dirfd(processes->folder));
	processes->by_links = !processes->hidden && is_procfs(processes) &&
			      is_initial_pid_namespace(processes) && links_tell(processes);
	return TRUE;
}

void
load_processes_close(LoadProcesses *processes)
{
	if (processes->folder != NULL)
		closedir(processes->folder);
}

/* Returns: the number of processes; -1 when it is not known */
gint64
load_processes_count(LoadProcesses *processes)
{
	if (processes->folder == NULL || processes->hidden)
		return -1;
	if (!processes->by_links)
		return count_folders(processes);
	if (g_get_monotonic_time() >= processes->next_check)
		check_others(processes);
	gint64 links = count_links(processes);
	return links < 0 ? -1 : links - processes->other_links;
}
