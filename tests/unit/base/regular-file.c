/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "base/regular-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/file-hash.h"

typedef struct {
	gchar *folder;
	gchar *path;
	gchar *other;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("vmfc-file-XXXXXX", NULL);
	fixture->path = g_build_filename(fixture->folder, "a", NULL);
	fixture->other = g_build_filename(fixture->folder, "b", NULL);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_unlink(fixture->path);
	g_unlink(fixture->other);
	g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
	g_free(fixture->folder);
	g_free(fixture->path);
	g_free(fixture->other);
}

static void
assert_refused(const gchar *path, gint code, const gchar *reason)
{
	g_autoptr(GError) error = NULL;
	g_autofree gchar *text = vmfc_regular_file_read(path, 100, NULL, &error);

	g_assert_null(text);
	g_assert_error(error, VMFC_ERROR, code);
	g_test_message("%s", error->message);
	g_assert_true(g_str_has_prefix(error->message, path));
	g_assert_nonnull(strstr(error->message, reason));
}

/* Each kind by its name; nothing waits for a pipe without a writer. */
static void
test_kinds(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	assert_refused(fixture->path, VMFC_ERROR_UNSUPPORTED, "No such file");
	assert_refused(fixture->folder, VMFC_ERROR_FORMAT, "is a folder, which");
	assert_refused("/dev/null", VMFC_ERROR_FORMAT, "is a device, which");
	g_assert_cmpint(mkfifo(fixture->path, 0600), ==, 0);
	assert_refused(fixture->path, VMFC_ERROR_FORMAT, "is a pipe, which");
	g_assert_cmpint(g_unlink(fixture->path), ==, 0);
	g_assert_cmpint(mknod(fixture->path, S_IFSOCK | 0600, 0), ==, 0);
	assert_refused(fixture->path, VMFC_ERROR_FORMAT, "is a socket, which");
	if (geteuid() == 0)
		return;
	g_assert_cmpint(g_unlink(fixture->path), ==, 0);
	g_assert_true(g_file_set_contents(fixture->path, "secret", -1, NULL));
	g_assert_cmpint(g_chmod(fixture->path, 0), ==, 0);
	assert_refused(fixture->path, VMFC_ERROR_DENIED, "Permission denied");
}

/* As long as is allowed, and not a byte more; also a file whose size is 0, as those of /proc. */
static void
test_sizes(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (gsize length = 0; length <= 20000; length = 2 * length + 1) {
		g_autofree gchar *text = g_strnfill(length, 'x');
		gsize n_read;
		g_assert_true(g_file_set_contents(fixture->path, text, (gssize)length, NULL));
		g_autofree gchar *whole = vmfc_regular_file_read(fixture->path, length, &n_read,
								 NULL);
		g_assert_cmpstr(whole, ==, text);
		g_assert_cmpuint(n_read, ==, length);
		if (length == 0)
			continue;
		g_autoptr(GError) error = NULL;
		g_assert_null(vmfc_regular_file_read(fixture->path, length - 1, NULL, &error));
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
		g_assert_nonnull(strstr(error->message, "is larger than"));
	}
	g_autofree gchar *stat = vmfc_regular_file_read("/proc/self/stat", 10000, NULL, NULL);
	g_assert_nonnull(stat);
	g_assert_cmpuint(strlen(stat), >, 20);
}

/* One file has several names; the same content does not make two files one. */
static void
test_same(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_assert_true(g_file_set_contents(fixture->path, "a", -1, NULL));
	g_assert_true(g_file_set_contents(fixture->other, "a", -1, NULL));
	gint fd = vmfc_regular_file_open(fixture->path, NULL);
	g_assert_cmpint(fd, >=, 0);
	/* child processes do not inherit it */
	g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
	g_assert_true(vmfc_regular_file_is_open_as(fixture->path, fd));
	g_assert_false(vmfc_regular_file_is_open_as(fixture->other, fd));
	g_assert_true(vmfc_regular_file_is_same(fixture->path, fixture->path));
	g_assert_false(vmfc_regular_file_is_same(fixture->path, fixture->other));
	/* the same number of a file on another file system is another file */
	g_assert_false(vmfc_regular_file_is_same("/proc", "/sys"));
	g_assert_cmpint(g_unlink(fixture->other), ==, 0);
	g_assert_false(vmfc_regular_file_is_same(fixture->path, fixture->other));
	g_assert_cmpint(link(fixture->path, fixture->other), ==, 0);
	g_assert_true(vmfc_regular_file_is_same(fixture->path, fixture->other));
	g_assert_cmpint(g_unlink(fixture->other), ==, 0);
	g_assert_cmpint(symlink("a", fixture->other), ==, 0);
	g_assert_true(vmfc_regular_file_is_open_as(fixture->other, fd));
	close(fd);
}

/* SHA-256 of the whole file, in parts, wherever its position is. FIPS 180-2, B. */
static void
test_hash(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *million = g_strnfill(1000000, 'a');
	const gchar *const cases[][2] = {
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_true(g_file_set_contents(fixture->path, cases[i][0], -1, NULL));
		gint fd = open(fixture->path, O_RDONLY | O_CLOEXEC);
		g_assert_cmpint(lseek(fd, 2, SEEK_SET), ==, 2);
		g_autofree gchar *hash = vmfc_file_hash(fd, fixture->path, NULL);
		g_assert_cmpstr(hash, ==, cases[i][1]);
		g_assert_cmpint(lseek(fd, 0, SEEK_CUR), ==, 2);
		close(fd);
	}
	g_autoptr(GError) error = NULL;
	g_assert_null(vmfc_file_hash(-1, "a/b", &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_true(g_str_has_prefix(error->message, "a/b cannot be read: "));
}

/* Which remedy belongs to which failure. */
static void
test_hints(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		gint failure;
		const gchar *hint;
	} cases[] = {
		{ENOSPC, ": free some space"},
		{EDQUOT, ": free some space"},
		{EACCES, ": choose a writable place with --output"},
		{EPERM, ": choose a writable place with --output"},
		{EROFS, ": choose a writable place with --output"},
		{ENOTDIR, ": choose a writable place with --output"},
		{ENOENT, ": choose a writable place with --output"},
		{EIO, ": check the disk with dmesg"},
		{EFBIG, ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree gchar *expected = g_strdup_printf(
			"a/b cannot be written: %s%s", g_strerror(cases[i].failure), cases[i].hint);
		vmfc_set_file_error(&error, "written", "a/b", cases[i].failure);
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
		g_assert_cmpstr(error->message, ==, expected);
	}
}

#define ADD(path, func) g_test_add("/regular-file/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("kinds", test_kinds);
	ADD("sizes", test_sizes);
	ADD("same", test_same);
	ADD("hash", test_hash);
	ADD("hints", test_hints);
	return g_test_run();
}
