/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What a workload may use of a machine whose control groups have limits and a page cache. */

#include "stress_ng/machine-share.h"

#include <glib/gstdio.h>

#include "plugin/context.h"
#include "remove-folder.h"

#define KIB 1024
#define MIB (1024 * KIB)
#define GIB (1024 * G_GUINT64_CONSTANT(1048576))

typedef struct {
	gchar *root;
	VmfcRun run;
	VmfcContext *context;
} Fixture;

static void
write_file(const Fixture *fixture, const gchar *path, const gchar *text)
{
	g_autofree gchar *file = g_build_filename(fixture->root, path, NULL);
	g_autofree gchar *folder = g_path_get_dirname(file);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
	g_assert_true(g_file_set_contents(file, text, -1, NULL));
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const VmfcPlugin plugin = {.name = "stress_ng"};

	fixture->root = g_dir_make_tmp("vmfc-share-XXXXXX", NULL);
	fixture->run = (VmfcRun){.files = vmfc_source_files_new(fixture->root)};
	fixture->context = vmfc_context_new(&fixture->run, &plugin, NULL);
	write_file(fixture, "proc/meminfo",
		   "MemTotal:       16777216 kB\nMemFree:          500000 kB\n"
		   "MemAvailable:    8388608 kB\n");
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_context_free(fixture->context);
	vmfc_source_files_free(fixture->run.files);
	remove_folder(fixture->root);
	g_free(fixture->root);
}

static guint64
measure(const Fixture *fixture)
{
	StressMachineShare size;

	stress_machine_share_measure(&size, fixture->context, "/", "--vm-bytes {memory:50%}");
	g_assert_cmpuint(size.disk, ==, 0);
	g_assert_cmpuint(size.n_cpus, >, 0);
	g_assert_cmpuint(size.n_machine, >=, size.n_cpus);
	return size.memory;
}

/* @stat: what memory.stat says besides; the keys of both versions, and some that resemble them */
static void
write_group(const Fixture *fixture, gboolean is_new, const gchar *group, const gchar *limit,
	    const gchar *used, const gchar *stat)
{
	const gchar *top = is_new ? "sys/fs/cgroup" : "sys/fs/cgroup/memory";
	g_autofree gchar *folder = g_build_filename(top, group, NULL);
	g_autofree gchar *limit_path = g_build_filename(
		folder, is_new ? "memory.max" : "memory.limit_in_bytes", NULL);
	g_autofree gchar *used_path = g_build_filename(
		folder, is_new ? "memory.current" : "memory.usage_in_bytes", NULL);
	g_autofree gchar *stat_path = g_build_filename(folder, "memory.stat", NULL);

	write_file(fixture, limit_path, limit);
	write_file(fixture, used_path, used);
	write_file(fixture, stat_path, stat);
}

/* Without limits it is what the kernel calls available. */
static void
test_no_limit(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_assert_cmpuint(measure(fixture), ==, 8 * GIB);
	write_file(fixture, "proc/self/cgroup", "0::/\n");
	g_assert_cmpuint(measure(fixture), ==, 8 * GIB);
	write_group(fixture, TRUE, "a", "max\n", "7000000000\n", "active_file 10\n");
	write_file(fixture, "proc/self/cgroup", "0::/a\n");
	g_assert_cmpuint(measure(fixture), ==, 8 * GIB);
	write_file(fixture, "proc/meminfo", "MemTotal:       16777216 kB\n");
	g_assert_cmpuint(measure(fixture), ==, 0);
}

/* The page cache counts as used, but the kernel frees it when needed; other kinds stay. */
static void
test_page_cache(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar new_stat[] = "anon 900\ninactive_anon 104857600\nactive_anon 52428800\n"
					"file 943718400\ninactive_file 524288000\n"
					"active_file 209715200\nshmem 7\n";
	static const gchar old_stat[] = "cache 5\ninactive_file 1\nactive_file 2\n"
					"total_inactive_anon 104857600\n"
					"total_inactive_file 524288000\n"
					"total_active_file 209715200\n";

	write_file(fixture, "proc/self/cgroup", "0::/a\n");
	write_group(fixture, TRUE, "a", "1073741824\n", "943718400\n", new_stat);
	g_assert_cmpuint(measure(fixture), ==, GIB - 900 * (guint64)MIB + 700 * (guint64)MIB);
	write_file(fixture, "proc/self/cgroup", "12:cpu:/x\n7:memory:/b\n3:pids:/y\n");
	write_group(fixture, FALSE, "b", "1073741824\n", "943718400\n", old_stat);
	g_assert_cmpuint(measure(fixture), ==, GIB - 900 * (guint64)MIB + 700 * (guint64)MIB);
	/* without memory.stat all of it is taken */
	write_group(fixture, FALSE, "b", "1073741824\n", "943718400\n", "");
	g_assert_cmpuint(measure(fixture), ==, GIB - 900 * (guint64)MIB);
}

/* A limit may be set below what is used, and the parts of a group are not read at one instant. */
static void
test_nothing_left(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	write_file(fixture, "proc/self/cgroup", "0::/a\n");
	write_group(fixture, TRUE, "a", "1073741824\n", "1073741824\n", "active_file 0\n");
	g_assert_cmpuint(measure(fixture), ==, 0);
	write_group(fixture, TRUE, "a", "1073741824\n", "1073741825\n", "active_file 0\n");
	g_assert_cmpuint(measure(fixture), ==, 0);
	write_group(fixture, TRUE, "a", "1073741824\n", "4294967296\n",
		    "inactive_file 1073741824\n");
	g_assert_cmpuint(measure(fixture), ==, 0);
	/* more cache than is used */
	write_group(fixture, TRUE, "a", "1073741824\n", "4096\n",
		    "inactive_file 8192\nactive_file 8192\n");
	g_assert_cmpuint(measure(fixture), ==, GIB);
	/* what the machine has counts too */
	write_group(fixture, TRUE, "a", "1099511627776\n", "4096\n", "active_file 0\n");
	g_assert_cmpuint(measure(fixture), ==, 8 * GIB);
}

/* The smallest of the group and those above it, up to the root. */
static void
test_groups_above(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const groups[] = {"a/b/c", "a/b", "a", ""};

	for (guint i = 0; i < 2 * G_N_ELEMENTS(groups); i++) {
		gboolean is_new = i % 2 == 0;
		write_file(fixture, "proc/self/cgroup",
			   is_new ? "1:name=systemd:/z\n0::/a/b/c\n" : "4:memory:/a/b/c\n");
		for (guint j = 0; j < G_N_ELEMENTS(groups); j++)
			write_group(fixture, is_new, groups[j],
				    j == i / 2 ? "1073741824\n" : "2147483648\n", "0\n", "");
		g_assert_cmpuint(measure(fixture), ==, GIB);
		write_group(fixture, is_new, groups[i / 2], "2147483648\n", "1610612736\n", "");
		g_assert_cmpuint(measure(fixture), ==, GIB / 2);
	}
}

/* Only what the stressors name is read: a disk may be slow. */
static void
test_only_what_is_named(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	StressMachineShare size;

	stress_machine_share_measure(&size, fixture->context, fixture->root, "--cpu 1");
	g_assert_cmpuint(size.memory, ==, 0);
	g_assert_cmpuint(size.disk, ==, 0);
	stress_machine_share_measure(&size, fixture->context, fixture->root, "--hdd {disk:50%}");
	g_assert_cmpuint(size.memory, ==, 0);
	g_assert_cmpuint(size.disk, >, 0);
	stress_machine_share_measure(&size, fixture->context, "/no/such/folder",
				     "--hdd {disk:50%}");
	g_assert_cmpuint(size.disk, ==, 0);
}

#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("/machine-share/no-limit", test_no_limit);
	ADD("/machine-share/page-cache", test_page_cache);
	ADD("/machine-share/nothing-left", test_nothing_left);
	ADD("/machine-share/groups-above", test_groups_above);
	ADD("/machine-share/only-what-is-named", test_only_what_is_named);
	return g_test_run();
}
