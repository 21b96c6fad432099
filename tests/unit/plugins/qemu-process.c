/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A process that is followed in a /proc that a test writes: its pids are not ours, so ticks count.
 */

#include "qemu/process.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "count-entries.h"
#include "remove-folder.h"

#define SECOND G_GINT64_CONSTANT(1000000000)
#define PID    4242

typedef struct {
	gchar *proc;
	QemuProcess process;
	gint64 tick; /* ns */
} Fixture;

static gchar *
build_path(const Fixture *fixture, const gchar *path)
{
	return g_strdup_printf("%s/%d/%s", fixture->proc, PID, path);
}

/* The file stays the same one: it is open. */
static void
write_file(const Fixture *fixture, const gchar *path, const gchar *text)
{
	g_autofree gchar *file = build_path(fixture, path);
	g_autofree gchar *folder = g_path_get_dirname(file);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
	FILE *stream = fopen(file, "w");
	g_assert_nonnull(stream);
	fputs(text, stream);
	fclose(stream);
}

static void
write_stat(const Fixture *fixture, const gchar *path, gchar state, guint user, guint system,
	   guint start)
{
	g_autofree gchar *text = g_strdup_printf(
		"%d (qemu-kvm) %c 1 1 1 0 -1 0 8064 0 42 0 %u %u 0 0 20 0 6 0 %u 14 12\n", PID,
		state, user, system, start);
	write_file(fixture, path, text);
}

static void
write_thread(const Fixture *fixture, guint tid, const gchar *name, gint64 nanoseconds)
{
	g_autofree gchar *comm = g_strdup_printf("task/%u/comm", tid);
	g_autofree gchar *path = g_strdup_printf("task/%u/schedstat", tid);
	g_autofree gchar *time = g_strdup_printf("%" G_GINT64_FORMAT " 5 6\n", nanoseconds);

	write_file(fixture, comm, name);
	write_file(fixture, path, time);
}

static void
remove_path(const Fixture *fixture, const gchar *path)
{
	g_autofree gchar *full = build_path(fixture, path);
	remove_folder(full);
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->proc = g_dir_make_tmp("vmfc-process-XXXXXX", NULL);
	fixture->tick = SECOND / sysconf(_SC_CLK_TCK);
	qemu_process_init(&fixture->process);
	write_stat(fixture, "stat", 'S', 30, 20, 1000);
	write_thread(fixture, 4242, "qemu-kvm\n", 999);
	write_thread(fixture, 4250, "CPU 0/KVM\n", 300);
	write_thread(fixture, 4251, "CPU 1/KVM\n", 4000);
	write_thread(fixture, 4252, "worker\n", 777);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	qemu_process_clear(&fixture->process);
	remove_folder(fixture->proc);
	g_free(fixture->proc);
}

static void
assert_open(Fixture *fixture, gint64 start, gboolean is_there)
{
	g_assert_cmpint(qemu_process_open(&fixture->process, fixture->proc, PID, start), ==,
			is_there);
	g_assert_cmpint(fixture->process.stat_fd >= 0, ==, is_there);
	g_assert_cmpint(fixture->process.tasks != NULL, ==, is_there);
}

static void
assert_read(Fixture *fixture, gint64 now, guint ticks, guint n_vcpus, gint64 vcpu,
	    gboolean has_changed)
{
	QemuTimes times;

	g_assert_true(qemu_process_read(&fixture->process, now, &times));
	g_assert_cmpint(times.cpu, ==, ticks * fixture->tick);
	g_assert_cmpint(times.cpu_slack, ==, 2 * fixture->tick);
	g_assert_cmpuint(times.n_vcpus, ==, n_vcpus);
	g_assert_cmpint(times.vcpu, ==, vcpu);
	g_assert_cmpint(times.vcpus_changed, ==, has_changed);
}

static void
assert_ended(Fixture *fixture, gint64 now)
{
	QemuTimes times;

	g_assert_false(qemu_process_read(&fixture->process, now, &times));
	g_assert_cmpint(fixture->process.stat_fd, ==, -1);
	g_assert_null(fixture->process.tasks);
	g_assert_cmpuint(fixture->process.vcpus->len, ==, 0);
}

static void
test_open(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	assert_open(fixture, -1, TRUE);
	assert_open(fixture, 1000, TRUE);
	assert_open(fixture, 1001, FALSE);
	write_stat(fixture, "stat", 'Z', 30, 20, 1000);
	assert_open(fixture, 1000, FALSE);
	write_file(fixture, "stat", "");
	assert_open(fixture, -1, FALSE);
	remove_path(fixture, "stat");
	assert_open(fixture, -1, FALSE);
	/* of the first one that was started since boot */
	write_stat(fixture, "stat", 'S', 30, 20, 0);
	assert_open(fixture, 0, TRUE);
}

static void
test_end(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	assert_open(fixture, -1, TRUE);
	assert_read(fixture, SECOND, 50, 2, 4300, TRUE);
	write_stat(fixture, "stat", 'R', 31, 25, 1000);
	assert_read(fixture, SECOND + 1, 56, 2, 4300, FALSE);
	write_stat(fixture, "stat", 'Z', 31, 25, 1000);
	assert_ended(fixture, SECOND + 2);
	/* another process has its number */
	write_stat(fixture, "stat", 'S', 31, 25, 1000);
	assert_open(fixture, -1, TRUE);
	write_stat(fixture, "stat", 'S', 31, 25, 2000);
	assert_ended(fixture, SECOND + 3);
	write_stat(fixture, "stat", 'S', 31, 25, 1000);
	assert_open(fixture, -1, TRUE);
	write_file(fixture, "stat", "4242 (qemu-kvm) S 1\n");
	assert_ended(fixture, SECOND + 4);
}

/* Threads come and go; new ones are searched for once a second, and at once when one has gone. */
static void
test_threads(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	assert_open(fixture, -1, TRUE);
	assert_read(fixture, 5 * SECOND, 50, 2, 4300, TRUE);
	write_thread(fixture, 4253, "CPU 2/KVM\n", 50000);
	write_thread(fixture, 4250, "CPU 0/KVM\n", 301);
	assert_read(fixture, 6 * SECOND - 1, 50, 2, 4301, FALSE);
	assert_read(fixture, 6 * SECOND, 50, 3, 54301, TRUE);
	assert_read(fixture, 7 * SECOND, 50, 3, 54301, FALSE);
	/* what is read of a thread that has ended is empty */
	write_file(fixture, "task/4251/schedstat", "");
	remove_path(fixture, "task/4251");
	write_thread(fixture, 4254, "CPU 3/KVM\n", 600000);
	assert_read(fixture, 7 * SECOND + 1, 50, 3, 650301, TRUE);
	assert_read(fixture, 7 * SECOND + 2, 50, 3, 650301, FALSE);
	/* one that cannot be read, but is still there, makes the sum unknown */
	write_file(fixture, "task/4254/schedstat", "x\n");
	assert_read(fixture, 7 * SECOND + 3, 50, 3, -1, TRUE);
	write_thread(fixture, 4254, "CPU 3/KVM\n", 600001);
	assert_read(fixture, 7 * SECOND + 4, 50, 3, 650302, FALSE);
	remove_path(fixture, "task/4250");
	remove_path(fixture, "task/4253");
	remove_path(fixture, "task/4254");
	write_thread(fixture, 4254, "worker\n", 0);
	/* the files that are open are as they were; in /proc they are not */
	assert_open(fixture, -1, TRUE);
	assert_read(fixture, 7 * SECOND + 5, 50, 0, -1, FALSE);
}

/* Another process, soon after the first: its threads are searched for at once. */
static void
test_next_process(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	assert_open(fixture, -1, TRUE);
	assert_read(fixture, 5 * SECOND, 50, 2, 4300, TRUE);
	assert_open(fixture, -1, TRUE);
	assert_read(fixture, 5 * SECOND + 1, 50, 2, 4300, TRUE);
	remove_path(fixture, "task");
	g_assert_true(qemu_process_open(&fixture->process, fixture->proc, PID, -1));
	assert_read(fixture, 9 * SECOND, 50, 0, -1, FALSE);
}

/* A kernel without schedstat counts threads in ticks, too, which are rounded down. */
static void
test_threads_in_ticks(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	QemuTimes times;

	remove_path(fixture, "task/4251/schedstat");
	write_stat(fixture, "task/4251/stat", 'S', 7, 8, 1000);
	assert_open(fixture, -1, TRUE);
	g_assert_true(qemu_process_read(&fixture->process, SECOND, &times));
	g_assert_cmpint(times.vcpu, ==, 300 + 15 * fixture->tick);
	g_assert_cmpint(times.vcpu_slack, ==, 2 * fixture->tick);
	g_assert_cmpuint(times.n_vcpus, ==, 2);
	remove_path(fixture, "task/4250");
	remove_path(fixture, "task/4251/stat");
	assert_open(fixture, -1, TRUE);
	assert_read(fixture, SECOND, 50, 0, -1, FALSE);
}

/* Our own clock is read in ns where the pids are ours. */
static void
test_our_pids(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	QemuTimes times;
	struct timespec before, after;

	g_assert_true(qemu_process_open(&fixture->process, "/proc", getpid(), -1));
	g_assert_cmpint(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before), ==, 0);
	g_assert_true(qemu_process_read(&fixture->process, SECOND, &times));
	g_assert_cmpint(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after), ==, 0);
	g_assert_cmpint(times.cpu, >=, before.tv_sec * SECOND + before.tv_nsec);
	g_assert_cmpint(times.cpu, <=, after.tv_sec * SECOND + after.tv_nsec);
	g_assert_cmpint(times.cpu_slack, ==, 0);
}

/* A run of weeks sees many processes and threads come and go: no file of theirs stays open. */
static void
test_files(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	guint n_files = count_open();

	assert_open(fixture, -1, TRUE);
	assert_read(fixture, SECOND, 50, 2, 4300, TRUE);
	/* of the process, its folder of threads, and two CPUs */
	g_assert_cmpuint(count_open(), ==, n_files + 4);
	/* opened again, and after a thread has gone */
	assert_open(fixture, -1, TRUE);
	assert_read(fixture, SECOND, 50, 2, 4300, TRUE);
	write_file(fixture, "task/4251/schedstat", "");
	remove_path(fixture, "task/4251");
	assert_read(fixture, SECOND + 1, 50, 1, 300, TRUE);
	g_assert_cmpuint(count_open(), ==, n_files + 3);
	assert_open(fixture, 1001, FALSE);
	g_assert_cmpuint(count_open(), ==, n_files);
}

/* A process whose clock cannot be read any more has ended, whatever its number shows. */
static void
test_clock_ends(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_assert_true(qemu_process_open(&fixture->process, "/proc", getpid(), -1));
	fixture->process.clock = (clockid_t)0x7fffffff;
	assert_ended(fixture, SECOND);
}

#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("/qemu-process/open", test_open);
	ADD("/qemu-process/end", test_end);
	ADD("/qemu-process/threads", test_threads);
	ADD("/qemu-process/next-process", test_next_process);
	ADD("/qemu-process/threads-in-ticks", test_threads_in_ticks);
	ADD("/qemu-process/our-pids", test_our_pids);
	ADD("/qemu-process/files", test_files);
	ADD("/qemu-process/clock-ends", test_clock_ends);
	return g_test_run();
}
