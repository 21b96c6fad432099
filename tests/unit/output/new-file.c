/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output/new-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "vmfc/vmfc-plugin.h"

#define START "[\n"

/*
 * A log of the calls that reach the disk, in place of the C library's, see meson.build. After a
 * power cut a name can be there only with what was synced before it.
 */
static struct {
	GString *log;
	const gchar *fails; /* the call that fails; NULL: none */
	gint failure;
	gsize at_most;	     /* that one write takes; 0: unlimited */
	guint n_interrupted; /* writes to come, by a signal */
	gboolean takes_nothing;
	gboolean cannot_link; /* a name to a file that has one */
} disk;

#pragma GCC visibility push(default)
ssize_t
__real_pwrite64(int fd, const void *text, size_t length, off_t at);
ssize_t
__wrap_pwrite64(int fd, const void *text, size_t length, off_t at);
int
__real_fsync(int fd);
int
__wrap_fsync(int fd);
int
__real_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags);
int
__wrap_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags);
int
__real_link(const char *from, const char *to);
int
__wrap_link(const char *from, const char *to);
int
__real_rename(const char *from, const char *to);
int
__wrap_rename(const char *from, const char *to);
int
__real_renameat2(int from_folder, const char *from, int to_folder, const char *to,
		 unsigned int flags);
int
__wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
		 unsigned int flags);
int
__real_open64(const char *path, int flags, ...);
int
__wrap_open64(const char *path, int flags, ...);
#pragma GCC visibility pop

static gboolean
note(const gchar *call)
{
	g_string_append_printf(disk.log, "%s%s", disk.log->len > 0 ? " " : "", call);
	if (disk.fails == NULL || strstr(disk.fails, call) == NULL)
		return TRUE;
	errno = disk.failure;
	return FALSE;
}

ssize_t
__wrap_pwrite64(int fd, const void *text, size_t length, off_t at)
{
	if (disk.takes_nothing)
		return 0;
	if (disk.n_interrupted > 0) {
		disk.n_interrupted--;
		errno = EINTR;
		return -1;
	}
	if (disk.at_most > 0)
		length = MIN(length, disk.at_most);
	return note("write") ? __real_pwrite64(fd, text, length, at) : -1;
}

int
__wrap_fsync(int fd)
{
	return note("sync") ? __real_fsync(fd) : -1;
}

int
__wrap_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
	return note("link") ? __real_linkat(from_folder, from, to_folder, to, flags) : -1;
}

int
__wrap_link(const char *from, const char *to)
{
	if (!disk.cannot_link)
		return __real_link(from, to);
	errno = EPERM;
	return -1;
}

int
__wrap_rename(const char *from, const char *to)
{
	return note("rename") ? __real_rename(from, to) : -1;
}

int
__wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
		 unsigned int flags)
{
	g_assert_cmpuint(flags, ==, RENAME_NOREPLACE);
	return note("move") ? __real_renameat2(from_folder, from, to_folder, to, flags) : -1;
}

int
__wrap_open64(const char *path, int flags, ...)
{
	if ((flags & O_TMPFILE) == O_TMPFILE && !note("nameless"))
		return -1;
	return __real_open64(path, flags, 0666);
}

typedef struct {
	gchar *folder;
	gchar *path;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("new-file-XXXXXX", NULL);
	fixture->path = g_build_filename(fixture->folder, "a.json", NULL);
	disk = (typeof(disk)){.log = g_string_new(NULL), .failure = EIO};
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_string_free(disk.log, TRUE);
	g_unlink(fixture->path);
	/* so nothing else is left in it */
	g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
	g_free(fixture->path);
	g_free(fixture->folder);
}

static void
assert_log(const gchar *expected)
{
	g_assert_cmpstr(disk.log->str, ==, expected);
	g_string_truncate(disk.log, 0);
}

static void
assert_text(const gchar *path, const gchar *expected)
{
	g_autofree gchar *text = NULL;
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, expected);
}

static gboolean
is_locked(const gchar *path)
{
	gint fd = open(path, O_RDONLY | O_CLOEXEC);
	gboolean locked = flock(fd, LOCK_EX | LOCK_NB) < 0;
	close(fd);
	return locked;
}

static void
create(Fixture *fixture, gboolean sync, const gchar *log)
{
	gint fd = vmfc_new_file_create(fixture->path, START, sync);

	g_assert_cmpint(fd, >=, 0);
	assert_log(log);
	assert_text(fixture->path, START);
	g_assert_true(is_locked(fixture->path));
	g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
	close(fd);
	g_unlink(fixture->path);
}

/* The start of a file is on the disk before its name is there, in each way to give it a name. */
static void
test_create(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	create(fixture, TRUE, "nameless write sync link");
	create(fixture, FALSE, "nameless write link");
	disk.fails = "nameless";
	disk.failure = EOPNOTSUPP;
	create(fixture, TRUE, "nameless write sync move");
	create(fixture, FALSE, "nameless write move");
	/* the file system has none of the calls */
	disk.fails = "nameless move";
	disk.failure = EINVAL;
	create(fixture, TRUE, "nameless write sync move");
	disk.fails = "link";
	disk.failure = EPERM;
	create(fixture, TRUE, "nameless write sync link write sync move");
}

/* Nothing is there that is not on the disk, nor a second try that could hide the failure. */
static void
test_create_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *fails;
		gint failure;
		const gchar *log;
	} cases[] = {
		{"write", ENOSPC, "nameless write"},
		{"sync", EIO, "nameless write sync"},
		{"link move", EIO, "nameless write sync link write sync move"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		disk.fails = cases[i].fails;
		disk.failure = cases[i].failure;
		g_assert_cmpint(vmfc_new_file_create(fixture->path, START, TRUE), ==, -1);
		g_assert_cmpint(errno, ==, cases[i].failure);
		assert_log(cases[i].log);
		g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
	}
}

/* A file that is there is not replaced. */
static void
test_create_over(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_file_set_contents(fixture->path, "mine", -1, NULL);
	g_assert_cmpint(vmfc_new_file_create(fixture->path, START, TRUE), ==, -1);
	g_assert_cmpint(errno, ==, EEXIST);
	assert_text(fixture->path, "mine");
}

/* The new text is on the disk before it has the name of the old one. */
static void
test_replace(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gint lock = -1;
	g_autoptr(GError) error = NULL;

	g_assert_true(vmfc_new_file_replace(fixture->path, "one", &lock, &error));
	assert_log("write sync rename");
	g_assert_true(is_locked(fixture->path));
	gint before = lock;
	g_assert_true(vmfc_new_file_replace(fixture->path, "two", &lock, &error));
	assert_log("write sync rename");
	assert_text(fixture->path, "two");
	g_assert_true(is_locked(fixture->path));
	/* the old one is closed, the new one is open */
	g_assert_true(lock == before || fcntl(before, F_GETFD) < 0);
	close(lock);
	g_assert_false(is_locked(fixture->path));
	/* without a lock it is closed at once */
	g_assert_true(vmfc_new_file_replace(fixture->path, "three", NULL, &error));
	assert_log("write sync rename");
	g_assert_false(is_locked(fixture->path));
	g_assert_no_error(error);
}

/* The old file stays, and the lock on it. */
static void
test_replace_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *fails;
		const gchar *log;
	} cases[] = {
		{"write", "write"},
		{"sync", "write sync"},
		{"rename", "write sync rename"},
	};
	gint lock = -1;

	g_assert_true(vmfc_new_file_replace(fixture->path, "one", &lock, NULL));
	assert_log("write sync rename");
	gint before = lock;
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree gchar *expected = g_strdup_printf(
			"%s cannot be written: Input/output error: check the disk with dmesg",
			fixture->path);
		disk.fails = cases[i].fails;
		g_assert_false(vmfc_new_file_replace(fixture->path, "two", &lock, &error));
		assert_log(cases[i].log);
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
		g_assert_cmpstr(error->message, ==, expected);
		g_assert_cmpint(lock, ==, before);
		assert_text(fixture->path, "one");
		g_assert_true(is_locked(fixture->path));
	}
	close(lock);
}

/* What a kill has left of the file before it has its name is in nobody's way; a link is. */
static void
test_replace_alone(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *temporary = g_strconcat(fixture->path, VMFC_NEW_FILE_ALONE, NULL);
	g_autofree gchar *other = g_build_filename(fixture->folder, "other", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents(temporary, "longer than the new text", -1, NULL));
	g_assert_true(vmfc_new_file_replace_alone(fixture->path, "one", &error));
	assert_log("write sync rename");
	assert_text(fixture->path, "one");
	g_assert_false(g_file_test(temporary, G_FILE_TEST_EXISTS));
	disk.fails = "sync";
	g_assert_false(vmfc_new_file_replace_alone(fixture->path, "two", &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_clear_error(&error);
	assert_text(fixture->path, "one");
	g_assert_false(g_file_test(temporary, G_FILE_TEST_EXISTS));
	disk.fails = NULL;
	g_assert_true(g_file_set_contents(other, "of another user", -1, NULL));
	g_assert_cmpint(symlink("other", temporary), ==, 0);
	g_assert_false(vmfc_new_file_replace_alone(fixture->path, "two", &error));
	assert_text(other, "of another user");
	assert_text(fixture->path, "one");
	g_unlink(temporary);
	g_unlink(other);
}

/* A file system that cannot sync loses nothing by that. */
static void
test_cannot_sync(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	disk.fails = "sync";
	disk.failure = EINVAL;
	create(fixture, TRUE, "nameless write sync link");
	g_assert_true(vmfc_new_file_replace(fixture->path, "one", NULL, NULL));
	assert_log("write sync rename");
}

/* What a write leaves over is written by the next one, each byte in its place. */
static void
test_write_all(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gint fd = open(fixture->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	disk.at_most = 3;
	disk.n_interrupted = 2;
	g_assert_cmpint(vmfc_new_file_write_all(fd, "0123456789", 10, 0), ==, 0);
	assert_log("write write write write");
	g_assert_cmpint(vmfc_new_file_write_all(fd, "abcd", 4, 5), ==, 0);
	assert_text(fixture->path, "01234abcd9");
	g_assert_cmpint(vmfc_new_file_write_all(fd, "xyz", 0, 0), ==, 0);
	assert_text(fixture->path, "01234abcd9");
	disk.takes_nothing = TRUE;
	g_assert_cmpint(vmfc_new_file_write_all(fd, "xyz", 3, 0), ==, ENOSPC);
	close(fd);
}

static void
test_rename(Fixture *fixture, gconstpointer fails)
{
	g_autofree gchar *to = g_build_filename(fixture->folder, "b.json", NULL);

	disk.fails = fails;
	disk.failure = ENOSYS;
	g_file_set_contents(fixture->path, "one", -1, NULL);
	g_assert_true(vmfc_new_file_rename(fixture->path, to));
	g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
	assert_text(to, "one");
	g_file_set_contents(fixture->path, "two", -1, NULL);
	g_assert_false(vmfc_new_file_rename(fixture->path, to));
	g_assert_cmpint(errno, ==, EEXIST);
	assert_text(to, "one");
	assert_text(fixture->path, "two");
	/* where neither is supported, what is there is not replaced either */
	disk.cannot_link = TRUE;
	g_assert_false(vmfc_new_file_rename(fixture->path, to));
	g_assert_cmpint(errno, ==, EEXIST);
	g_unlink(to);
	g_assert_true(vmfc_new_file_rename(fixture->path, to));
	assert_text(to, "two");
	g_unlink(to);
}

#define ADD(path, func) g_test_add("/new-file/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("create", test_create);
	ADD("create/fails", test_create_fails);
	ADD("create/over", test_create_over);
	ADD("replace", test_replace);
	ADD("replace/fails", test_replace_fails);
	ADD("replace/alone", test_replace_alone);
	ADD("cannot-sync", test_cannot_sync);
	ADD("write-all", test_write_all);
	ADD("rename", test_rename);
	g_test_add("/new-file/rename/without-flag", Fixture, "move", set_up, test_rename,
		   tear_down);
	return g_test_run();
}
