/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "machine-share.h"

#include <string.h>
#include <sys/statvfs.h>

#include "common/cpus.h"
#include "common/scan.h"
#include "base/regular-file.h"

#define KIB 1024

/* cgroup files have one line for each kind of memory, about a hundred. */
#define MAX_FILE (1024 * 1024)

/* @text: (out) (transfer full): the whole file */
static gboolean
read_file(VmfcContext *context, const gchar *path, gchar **text)
{
	g_autofree gchar *full = vmfc_context_build_path(context, path);

	*text = vmfc_regular_file_read(full, MAX_FILE, NULL, NULL);
	return *text != NULL;
}

/* Returns: the first number of a line; 0 when it begins with a word, such as max */
static guint64
parse_first(const gchar *line)
{
	VmfcScan words = vmfc_scan_new(line, strcspn(line, "\n"));
	gint64 value;

	return vmfc_scan_int(&words, &value) ? (guint64)value : 0;
}

/* MemAvailable, proc(5), in bytes; 0 when the kernel does not provide it. */
static guint64
read_available(VmfcContext *context)
{
	static const gchar key[] = "\nMemAvailable:";
	g_autofree gchar *text = NULL;

	if (!read_file(context, "proc/meminfo", &text))
		return 0;
	const gchar *line = strstr(text, key);
	return line != NULL ? parse_first(line + strlen(key)) * KIB : 0;
}

/* Files of a version of control groups. */
typedef struct {
	const gchar *mark; /* in /proc/self/cgroup, before the group's path */
	const gchar *root;
	const gchar *limit;
	const gchar *used;
	const gchar *cache[2]; /* lines of memory.stat: memory in use that the kernel frees when
				  needed */
} CgroupForm;

static const CgroupForm forms[] = {
	/* Documentation/admin-guide/cgroup-v2.rst */
	{"0::/",
	 "sys/fs/cgroup",
	 "memory.max",
	 "memory.current",
	 {"inactive_file ", "active_file "}},
	/* Documentation/admin-guide/cgroup-v1/memory.rst */
	{":memory:/",
	 "sys/fs/cgroup/memory",
	 "memory.limit_in_bytes",
	 "memory.usage_in_bytes",
	 {"total_inactive_file ", "total_active_file "}},
};

/* Returns: the first number in a file, or the number after @key in a line; 0 without one */
static guint64
read_number(VmfcContext *context, const CgroupForm *form, const gchar *group, const gchar *name,
	    const gchar *key)
{
	g_autofree gchar *path = g_build_filename(form->root, group, name, NULL);
	g_autofree gchar *text = NULL;

	if (!read_file(context, path, &text))
		return 0;
	if (key == NULL)
		return parse_first(text);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++) {
		if (g_str_has_prefix(lines[i], key))
			return parse_first(lines[i] + strlen(key));
	}
	return 0;
}

/* The remaining memory of one group, in bytes. */
static guint64
read_left(VmfcContext *context, const CgroupForm *form, const gchar *group)
{
	guint64 limit = read_number(context, form, group, form->limit, NULL);
	guint64 used = read_number(context, form, group, form->used, NULL);
	guint64 cache = 0;

	if (limit == 0)
		return G_MAXUINT64; /* "max", or no such file */
	for (guint i = 0; i < G_N_ELEMENTS(form->cache); i++)
		cache += read_number(context, form, group, "memory.stat", form->cache[i]);
	used -= MIN(cache, used);
	return limit - MIN(used, limit);
}

/*
 * The remaining memory of our control group and those above it: the OOM killer ends a process that
 * takes more, however much memory the machine has.
 */
static guint64
read_cgroup_left(VmfcContext *context)
{
	g_autofree gchar *text = NULL;
	guint64 left = G_MAXUINT64;

	if (!read_file(context, "proc/self/cgroup", &text))
		return left;
	for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
		const gchar *mark = strstr(text, forms[i].mark);
		if (mark == NULL)
			continue;
		const gchar *path = mark + strlen(forms[i].mark);
		g_autofree gchar *group = g_strndup(path, strcspn(path, "\n"));
		for (gchar *end = group + strlen(group); end != NULL; end = strrchr(group, '/')) {
			*end = '\0';
			left = MIN(left, read_left(context, &forms[i], group));
		}
		left = MIN(left, read_left(context, &forms[i], ""));
	}
	return left;
}

/*
 * The resources that are available to a workload now. Reads only those that @stressors names: the
 * start of a step must not wait for a disk.
 *
 * @folder: where stress-ng writes
 * @stressors: with `{...}` in them; a resource that none of these names is 0
 */
void
stress_machine_share_measure(StressMachineShare *size, VmfcContext *context, const gchar *folder,
			     const gchar *stressors)
{
	struct statvfs file_system;

	*size = (StressMachineShare){
		.n_cpus = vmfc_cpus_count_usable(),
		.n_machine = vmfc_cpus_count_online(),
	};
	if (strstr(stressors, "{" STRESS_MEMORY) != NULL)
		size->memory = MIN(read_available(context), read_cgroup_left(context));
	if (strstr(stressors, "{" STRESS_DISK) != NULL && statvfs(folder, &file_system) == 0)
		size->disk = (guint64)file_system.f_bavail * file_system.f_frsize;
}
