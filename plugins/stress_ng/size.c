/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "size.h"

#include <sched.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CGROUPS "sys/fs/cgroup"
#define KIB	1024

/* @text: (out) (transfer full): the whole file */
static gboolean
read_file(VmfcContext *context, const gchar *path, gchar **text)
{
	g_autofree gchar *full = vmfc_context_build_path(context, path);

	return g_file_get_contents(full, text, NULL, NULL);
}

/* The CPUs that we may use: fewer than the machine has in a container or under taskset(1). */
static guint
count_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return (guint)CPU_COUNT(&set);
	return (guint)MAX(sysconf(_SC_NPROCESSORS_ONLN), 1);
}

/* MemAvailable, proc(5), in bytes; 0 where the kernel does not tell it. */
static guint64
read_available(VmfcContext *context)
{
	static const gchar key[] = "\nMemAvailable:";
	g_autofree gchar *text = NULL;

	if (!read_file(context, "proc/meminfo", &text))
		return 0;
	const gchar *line = strstr(text, key);
	return line != NULL ? g_ascii_strtoull(line + strlen(key), NULL, 10) * KIB : 0;
}

/* @name: of a file of a control group. Returns: G_MAXUINT64 where there is no number */
static guint64
read_cgroup(VmfcContext *context, const gchar *group, const gchar *name)
{
	g_autofree gchar *path = g_build_filename(CGROUPS, group, name, NULL);
	g_autofree gchar *text = NULL;

	if (!read_file(context, path, &text) || !g_ascii_isdigit(text[0]))
		return G_MAXUINT64;
	return g_ascii_strtoull(text, NULL, 10);
}

/*
 * What our control group and those above it leave of their limits, in bytes: who takes more meets
 * the OOM killer, however much memory the machine has. Documentation/admin-guide/cgroup-v2.rst.
 */
static guint64
read_cgroup_left(VmfcContext *context)
{
	g_autofree gchar *text = NULL;
	guint64 left = G_MAXUINT64;

	if (!read_file(context, "proc/self/cgroup", &text))
		return left;
	const gchar *line = strstr(text, "0::/");
	if (line == NULL)
		return left;
	g_autofree gchar *group = g_strndup(line + 4, strcspn(line + 4, "\n"));
	for (;;) {
		guint64 limit = read_cgroup(context, group, "memory.max");
		guint64 used = read_cgroup(context, group, "memory.current");
		if (limit != G_MAXUINT64 && used != G_MAXUINT64)
			left = MIN(left, limit - MIN(used, limit));
		if (group[0] == '\0')
			return left;
		gchar *slash = strrchr(group, '/');
		*(slash != NULL ? slash : group) = '\0';
	}
}

/* What there is now for a workload. @folder: where stress-ng writes */
void
stress_size_measure(StressSize *size, VmfcContext *context, const gchar *folder)
{
	struct statvfs file_system;

	size->n_cpus = count_cpus();
	size->memory = MIN(read_available(context), read_cgroup_left(context));
	size->disk = 0;
	if (statvfs(folder, &file_system) == 0)
		size->disk = (guint64)file_system.f_bavail * file_system.f_frsize;
}
