/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* When the links of /proc tell how many processes there are, on a /proc of the test's own. */

#include "load/processes.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "load/hiding.h"
#include "vmfc/vmfc-plugin.h"

#define INITIAL_PID_NAMESPACE 0xEFFFFFFCu
#define N_LINKS		      64

/* What the kernel shows; see the wrapped functions in meson.build. */
static struct {
	guint n_others;	     /* folders that are no process */
	guint n_files;	     /* beside them */
	guint n_processes;   /* after them */
	guint at;	     /* of the next entry, of either reader */
	gint links[N_LINKS]; /* at each look, the last one from then on; -1: it fails; 0: the end */
	guint n_looked;
	gboolean is_procfs;
	guint64 namespace;
	gboolean is_hidden;
	gboolean cannot_be_read;
} kernel;

#pragma GCC visibility push(default)
int
__wrap_fstatfs64(int fd, struct statfs *fs);
int
__wrap_fstatat64(int fd, const char *path, struct stat *info, int flags);
int
__wrap_fstat64(int fd, struct stat *info);
struct dirent *
__wrap_readdir64(DIR *folder);
void
__wrap_rewinddir(DIR *folder);
off_t
__wrap_lseek64(int fd, off_t offset, int whence);
ssize_t
__wrap_getdents64(int fd, void *entries, size_t length);
gboolean
__wrap_load_hides_from_us(gint folder);
#pragma GCC visibility pop

int
__wrap_fstatfs64(G_GNUC_UNUSED int fd, struct statfs *fs)
{
	fs->f_type = kernel.is_procfs ? PROC_SUPER_MAGIC : TMPFS_MAGIC;
	return 0;
}

int
__wrap_fstatat64(G_GNUC_UNUSED int fd, const char *path, struct stat *info, G_GNUC_UNUSED int flags)
{
	g_assert_cmpstr(path, ==, "self/ns/pid");
	info->st_ino = kernel.namespace;
	return kernel.namespace != 0 ? 0 : -1;
}

int
__wrap_fstat64(G_GNUC_UNUSED int fd, struct stat *info)
{
	gint links = kernel.links[kernel.n_looked];

	if (kernel.links[kernel.n_looked + 1] != 0)
		kernel.n_looked++;
	info->st_nlink = (nlink_t)links;
	return links < 0 ? -1 : 0;
}

gboolean
__wrap_load_hides_from_us(G_GNUC_UNUSED gint folder)
{
	return kernel.is_hidden;
}

/* Folders and files in turns, then the processes. Returns: whether there is one more */
static gboolean
next_entry(gchar *name, guint8 *type)
{
	guint n_before = kernel.n_others + kernel.n_files;
	guint i = kernel.at;

	if (i >= n_before + kernel.n_processes)
		return FALSE;
	kernel.at++;
	*type = i < kernel.n_others || i >= n_before ? DT_DIR : DT_REG;
	g_snprintf(name, 32, i < n_before ? "x%u" : "%u", i);
	return TRUE;
}

struct dirent *
__wrap_readdir64(G_GNUC_UNUSED DIR *folder)
{
	static struct dirent entry;

	return next_entry(entry.d_name, &entry.d_type) ? &entry : NULL;
}

void
__wrap_rewinddir(G_GNUC_UNUSED DIR *folder)
{
	kernel.at = 0;
}

off_t
__wrap_lseek64(G_GNUC_UNUSED int fd, off_t offset, G_GNUC_UNUSED int whence)
{
	kernel.at = 0;
	return offset;
}

/* Two at a time. */
ssize_t
__wrap_getdents64(G_GNUC_UNUSED int fd, void *entries, size_t length)
{
	gssize n = 0;

	for (guint i = 0; i < 2 && !kernel.cannot_be_read; i++) {
		struct dirent64 *entry = (gpointer)((gchar *)entries + n);
		g_assert_cmpint(n + (gssize)sizeof(*entry), <=, length);
		if (!next_entry(entry->d_name, &entry->d_type))
			break;
		entry->d_reclen = 64;
		n += entry->d_reclen;
	}
	errno = EIO;
	return kernel.cannot_be_read ? -1 : n;
}

/* ---------------------------------------------------------------- tests */

/* Ten folders and three files, then five processes; and so many links. */
static void
begin(gint links)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.n_others = 10;
	kernel.n_files = 3;
	kernel.n_processes = 5;
	kernel.links[0] = links;
	kernel.is_procfs = TRUE;
	kernel.namespace = INITIAL_PID_NAMESPACE;
}

/* Whether the links tell; if they do not, each process is counted. */
static void
assert_by_links(gboolean by_links)
{
	LoadProcesses processes = {0};

	g_assert_true(load_processes_open(&processes, "/", NULL));
	g_assert_cmpint(processes.by_links, ==, by_links);
	kernel.links[kernel.n_looked] = 18;
	kernel.n_processes = 7;
	g_assert_cmpint(load_processes_count(&processes), ==, by_links ? 8 : 7);
	load_processes_close(&processes);
}

/* They are as many as there are folders, other ones and processes. */
static void
test_rule(void)
{
	for (gint links = 13; links <= 17; links++) {
		begin(links);
		assert_by_links(links == 15);
	}
	begin(15);
	kernel.is_procfs = FALSE;
	assert_by_links(FALSE);
	begin(15);
	kernel.namespace ++;
	assert_by_links(FALSE);
	begin(15);
	kernel.namespace = 0;
	assert_by_links(FALSE);
	begin(-1);
	assert_by_links(FALSE);
	begin(15);
	kernel.cannot_be_read = TRUE;
	assert_by_links(FALSE);
}

/* With the mount option subset=pid the other folders are not shown, but counted. */
static void
test_subset(void)
{
	for (guint n_others = 0; n_others < 5; n_others++) {
		begin((gint)n_others + 5);
		kernel.n_others = n_others;
		kernel.n_files = 0;
		LoadProcesses processes = {0};
		g_assert_true(load_processes_open(&processes, "/", NULL));
		g_assert_cmpint(processes.by_links, ==, n_others > 2);
		load_processes_close(&processes);
	}
}

/* Processes come and go while they are counted: the number must lie between two looks. */
static void
test_busy(void)
{
	static const struct {
		gint before;
		gint after;
		gboolean by_links;
	} cases[] = {
		{14, 16, TRUE},	 {16, 14, TRUE},  {15, 20, TRUE},  {20, 15, TRUE},  {10, 15, TRUE},
		{16, 20, FALSE}, {20, 16, FALSE}, {10, 14, FALSE}, {14, 10, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		begin(0);
		/* as often as it is tried */
		for (guint j = 0; j < 20; j++) {
			kernel.links[2 * j] = cases[i].before;
			kernel.links[2 * j + 1] = cases[i].after;
		}
		kernel.links[40] = cases[i].after;
		g_test_message("case %u", i);
		assert_by_links(cases[i].by_links);
	}
	for (guint n_bad = 18; n_bad < 22; n_bad++) {
		begin(0);
		for (guint j = 0; j < 2 * n_bad; j++)
			kernel.links[j] = 99;
		kernel.links[2 * n_bad] = 15;
		assert_by_links(n_bad < 20);
	}
}

/* What is hidden is not counted at all. */
static void
test_hidden(void)
{
	LoadProcesses processes = {0};

	begin(15);
	kernel.is_hidden = TRUE;
	g_assert_true(load_processes_open(&processes, "/", NULL));
	g_assert_true(processes.hidden);
	g_assert_cmpint(load_processes_count(&processes), ==, -1);
	load_processes_close(&processes);
	kernel.is_procfs = FALSE;
	g_assert_true(load_processes_open(&processes, "/", NULL));
	g_assert_false(processes.hidden);
	g_assert_cmpint(load_processes_count(&processes), ==, 5);
	load_processes_close(&processes);
}

/* Once a minute the others are counted again; what fails then changes nothing but that count. */
static void
test_later(void)
{
	LoadProcesses processes = {0};

	begin(15);
	g_assert_true(load_processes_open(&processes, "/", NULL));
	gint64 now = g_get_monotonic_time();
	g_assert_cmpint(processes.next_check, >, now + 50 * G_USEC_PER_SEC);
	g_assert_cmpint(processes.next_check, <=, now + 60 * G_USEC_PER_SEC);
	kernel.n_others = 11;
	kernel.links[0] = 17;
	g_assert_cmpint(load_processes_count(&processes), ==, 7);
	processes.next_check = now;
	g_assert_cmpint(load_processes_count(&processes), ==, 6);
	g_assert_cmpint(processes.next_check, >, now + 50 * G_USEC_PER_SEC);
	/* the links cannot be read: the number is not known, and not 0 or less */
	kernel.links[0] = -1;
	g_assert_cmpint(load_processes_count(&processes), ==, -1);
	kernel.links[0] = 18;
	g_assert_cmpint(load_processes_count(&processes), ==, 7);
	load_processes_close(&processes);
}

/* A folder that is not there is an error, and then nothing is known. */
static void
test_no_folder(void)
{
	LoadProcesses processes = {0};
	g_autoptr(GError) error = NULL;

	g_assert_false(load_processes_open(&processes, "/nowhere/proc", &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED);
	g_assert_cmpstr(error->message, ==,
			"/nowhere/proc cannot be read: No such file or directory");
	g_assert_cmpint(load_processes_count(&processes), ==, -1);
	load_processes_close(&processes);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/load-links/rule", test_rule);
	g_test_add_func("/load-links/subset", test_subset);
	g_test_add_func("/load-links/busy", test_busy);
	g_test_add_func("/load-links/hidden", test_hidden);
	g_test_add_func("/load-links/later", test_later);
	g_test_add_func("/load-links/no-folder", test_no_folder);
	return g_test_run();
}
