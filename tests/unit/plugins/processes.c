/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "load/processes.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than are looked at with what stands before them. */
#define N_SLEEPERS 300
#define N_BUSY	   3
#define ATTEMPTS   200

/* How much of folders has been asked for; the linker puts these in place of the C library's. */
static guint n_entries;
static gssize n_bytes;
/* so many reads of a folder succeed before one fails; negative: none fails */
static gint reads_left = -1;

struct dirent *
__real_readdir64(DIR *folder);
struct dirent *
__wrap_readdir64(DIR *folder);
struct dirent *
__wrap_readdir64(DIR *folder)
{
	n_entries++;
	return __real_readdir64(folder);
}

ssize_t
__real_getdents64(int fd, void *entries, size_t length);
ssize_t
__wrap_getdents64(int fd, void *entries, size_t length);
ssize_t
__wrap_getdents64(int fd, void *entries, size_t length)
{
	if (reads_left == 0) {
		errno = EIO;
		return -1;
	}
	reads_left -= reads_left > 0 ? 1 : 0;
	ssize_t got = __real_getdents64(fd, entries, length);
	n_bytes += got;
	return got;
}

static pid_t
start(void (*work)(void))
{
	pid_t pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		work();
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
sleep_on(void)
{
	pause();
}

static void
come_and_go(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
}

/* Counted by hand, without what is tested. */
static gint64
count_by_hand(void)
{
	g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
	const gchar *name;
	gint64 n = 0;

	while ((name = g_dir_read_name(proc)) != NULL)
		n += strspn(name, "0123456789") == strlen(name) ? 1 : 0;
	return n;
}

/* Other processes of the machine may come and go: it must be right when none does. */
static void
assert_right(LoadProcesses *processes)
{
	gint64 before = -1, by_hand = -2;

	for (guint i = 0; i < ATTEMPTS && before != by_hand; i++) {
		before = load_processes_count(processes);
		by_hand = count_by_hand();
	}
	g_assert_cmpint(before, ==, by_hand);
}

static gboolean
open_by_links(LoadProcesses *processes)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(load_processes_open(processes, "/proc", &error));
	g_assert_no_error(error);
	if (processes->by_links)
		return TRUE;
	load_processes_close(processes);
	return FALSE;
}

static void
test_quiet(void)
{
	LoadProcesses processes = {0};

	if (!open_by_links(&processes)) {
		g_test_skip("the links of /proc do not tell in a PID namespace, or under hidepid");
		return;
	}
	assert_right(&processes);
	pid_t sleeper = start(sleep_on);
	assert_right(&processes);
	end(sleeper);
	assert_right(&processes);
	load_processes_close(&processes);
}

/* A busy machine is no reason to read the whole folder at each tick. */
static void
test_busy(void)
{
	LoadProcesses processes = {0};
	pid_t sleepers[N_SLEEPERS], busy[N_BUSY];

	if (!open_by_links(&processes)) {
		g_test_skip("the links of /proc do not tell in a PID namespace, or under hidepid");
		return;
	}
	load_processes_close(&processes);
	for (guint i = 0; i < N_SLEEPERS; i++)
		sleepers[i] = start(sleep_on);
	for (guint i = 0; i < N_BUSY; i++)
		busy[i] = start(come_and_go);
	gboolean by_links = open_by_links(&processes);
	for (guint i = 0; i < N_BUSY; i++)
		end(busy[i]);
	g_assert_true(by_links);
	assert_right(&processes);
	/* neither a tick nor the check once a minute looks at the processes */
	n_entries = 0;
	n_bytes = 0;
	load_processes_count(&processes);
	g_assert_cmpint(n_bytes, ==, 0);
	processes.next_check = 0;
	load_processes_count(&processes);
	g_assert_cmpuint(n_entries, ==, 0);
	g_assert_cmpint(n_bytes, >, 0);
	g_assert_cmpint(n_bytes, <, 8192);
	for (guint i = 0; i < N_SLEEPERS; i++)
		end(sleepers[i]);
	assert_right(&processes);
	load_processes_close(&processes);
}

/* As after a module has added a folder to /proc, and taken it away again. */
static void
test_other_folders(void)
{
	LoadProcesses processes = {0};

	if (!open_by_links(&processes)) {
		g_test_skip("the links of /proc do not tell in a PID namespace, or under hidepid");
		return;
	}
	gint64 right = processes.other_links;
	processes.other_links = right + 1;
	g_assert_cmpint(processes.next_check, >, g_get_monotonic_time());
	processes.next_check = 0;
	load_processes_count(&processes);
	g_assert_cmpint(processes.other_links, ==, right);
	g_assert_true(processes.by_links);
	g_assert_cmpint(processes.next_check, >, g_get_monotonic_time());
	assert_right(&processes);
	load_processes_close(&processes);
}

/* When other folders cannot be counted again, the last count is the best that is known. */
static void
test_check_that_fails(void)
{
	LoadProcesses processes = {0};

	if (!open_by_links(&processes)) {
		g_test_skip("the links of /proc do not tell in a PID namespace, or under hidepid");
		return;
	}
	gint64 right = processes.other_links;
	processes.next_check = 0;
	reads_left = 0;
	load_processes_count(&processes);
	reads_left = -1;
	g_assert_cmpint(processes.other_links, ==, right);
	/* a minute later it tries again, not at each tick */
	g_assert_cmpint(processes.next_check, >, g_get_monotonic_time());
	assert_right(&processes);
	processes.other_links = right + 1;
	processes.next_check = 0;
	load_processes_count(&processes);
	g_assert_cmpint(processes.other_links, ==, right);
	load_processes_close(&processes);
	/* a kernel whose folders cannot be counted at all: process by process */
	reads_left = 0;
	g_assert_false(open_by_links(&processes));
	reads_left = -1;
}

/* A folder that is no procfs says nothing by its links. */
static void
test_fixture(void)
{
	g_autofree gchar *folder = g_dir_make_tmp("vmfc-processes-XXXXXX", NULL);
	static const gchar *const names[] = {"1", "22", "sys", "3x"};
	LoadProcesses processes = {0};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree gchar *path = g_build_filename(folder, names[i], NULL);
		g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
	}
	g_assert_true(load_processes_open(&processes, folder, NULL));
	g_assert_false(processes.by_links);
	g_assert_cmpint(load_processes_count(&processes), ==, 2);
	load_processes_close(&processes);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree gchar *path = g_build_filename(folder, names[i], NULL);
		rmdir(path);
	}
	rmdir(folder);
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/processes/quiet", test_quiet);
	g_test_add_func("/processes/busy", test_busy);
	g_test_add_func("/processes/other-folders", test_other_folders);
	g_test_add_func("/processes/check-that-fails", test_check_that_fails);
	g_test_add_func("/processes/fixture", test_fixture);
	return g_test_run();
}
