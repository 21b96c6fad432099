/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The file for node_exporter: what it contains when something fails, and what is left beside it. */

#include "prometheus/text-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "count-entries.h"
#include "vmfc/vmfc-plugin.h"

#define FIRST  "# HELP vmfc_a first\nvmfc_a 1\n"
#define SECOND "# HELP vmfc_b\n"

/* In place of the C library's, see meson.build. */
static struct {
	gint write_failure; /* errno; 0: none */
	gint rename_failure;
	guint n_interrupted; /* so many writes are interrupted first */
	gsize most;	     /* bytes that a write takes */
} disk;

#pragma GCC visibility push(default)
ssize_t
__wrap_write(int fd, const void *bytes, size_t length);
ssize_t
__real_write(int fd, const void *bytes, size_t length);
int
__wrap_renameat(int from, const char *old, int to, const char *new);
int
__real_renameat(int from, const char *old, int to, const char *new);
#pragma GCC visibility pop

ssize_t
__wrap_write(int fd, const void *bytes, size_t length)
{
	errno = disk.n_interrupted > 0 ? EINTR : disk.write_failure;
	if (disk.n_interrupted > 0)
		disk.n_interrupted--;
	return errno != 0 ? -1 : __real_write(fd, bytes, MIN(length, disk.most));
}

int
__wrap_renameat(int from, const char *old, int to, const char *new)
{
	errno = disk.rename_failure;
	return errno != 0 ? -1 : __real_renameat(from, old, to, new);
}

typedef struct {
	gchar *folder;
	gchar *path;
	TextFile *file;
	guint n_open; /* files of this process, before it */
} Fixture;

static void
open_file(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;

	fixture->file = text_file_open(fixture->path, &error);
	g_assert_no_error(error);
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	memset(&disk, 0, sizeof(disk));
	disk.most = G_MAXSSIZE;
	fixture->folder = g_dir_make_tmp("vmfc-text-XXXXXX", NULL);
	fixture->path = g_build_filename(fixture->folder, "a.prom", NULL);
	fixture->n_open = count_open();
	open_file(fixture);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	if (fixture->file != NULL)
		text_file_close(fixture->file);
	g_assert_cmpuint(count_open(), ==, fixture->n_open);
	g_unlink(fixture->path);
	g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
	g_free(fixture->path);
	g_free(fixture->folder);
}

static void
replace(Fixture *fixture, const gchar *text)
{
	g_autoptr(GError) error = NULL;

	text_file_replace(fixture->file, text, strlen(text), &error);
	g_assert_no_error(error);
}

static void
refuse(Fixture *fixture, const gchar *reason)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(text_file_replace(fixture->file, SECOND, strlen(SECOND), &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_nonnull(strstr(error->message, fixture->path));
	g_assert_nonnull(strstr(error->message, reason));
}

/* Of a longer text nothing stays, and nothing is beside it. */
static void
assert_file(const Fixture *fixture, const gchar *text)
{
	g_autofree gchar *found = NULL;

	g_assert_true(g_file_get_contents(fixture->path, &found, NULL, NULL));
	g_assert_cmpstr(found, ==, text);
	g_assert_cmpuint(count_entries(fixture->folder), ==, 1);
}

/* One file is open for the folder, and one for the lock, after years of records too. */
static void
test_replace(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 5; i++) {
		replace(fixture, FIRST);
		assert_file(fixture, FIRST);
		replace(fixture, SECOND);
		assert_file(fixture, SECOND);
		g_assert_cmpuint(count_open(), ==, fixture->n_open + 2);
	}
	g_clear_pointer(&fixture->file, text_file_close);
	g_assert_cmpuint(count_entries(fixture->folder), ==, 0);
}

/* A write that takes a part of the text, or is interrupted, goes on. */
static void
test_parts(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	disk.most = 3;
	disk.n_interrupted = 2;
	replace(fixture, FIRST);
	assert_file(fixture, FIRST);
}

/* The old text stays, and nothing else: a temporary file for each record would fill the folder. */
static void
test_failures(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	replace(fixture, FIRST);
	for (guint i = 0; i < 3; i++) {
		disk.write_failure = ENOSPC;
		refuse(fixture, "No space left on device");
		assert_file(fixture, FIRST);
		disk.write_failure = 0;
		disk.rename_failure = EIO;
		refuse(fixture, "Input/output error");
		assert_file(fixture, FIRST);
		disk.rename_failure = 0;
		disk.most = 0;
		refuse(fixture, "No space left on device");
		assert_file(fixture, FIRST);
		disk.most = G_MAXSSIZE;
		g_assert_cmpuint(count_open(), ==, fixture->n_open + 2);
	}
	replace(fixture, SECOND);
	assert_file(fixture, SECOND);
}

/* Two vmfc: the second one is refused at the start, and where both began at once, with a record. */
static void
test_two(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	TextFile *other = text_file_open(fixture->path, NULL);

	g_assert_nonnull(other);
	replace(fixture, FIRST);
	g_assert_null(text_file_open(fixture->path, &error));
	g_assert_nonnull(strstr(error->message, "another vmfc writes it"));
	g_clear_error(&error);
	g_assert_false(text_file_replace(other, SECOND, strlen(SECOND), &error));
	g_assert_nonnull(strstr(error->message, "another vmfc writes it: stop one of the two"));
	text_file_close(other);
	assert_file(fixture, FIRST);
	replace(fixture, SECOND);
	assert_file(fixture, SECOND);
}

/* A file that somebody else has written into is not ours to remove, though its number is the same.
 */
static void
test_changed(Fixture *fixture, gconstpointer data)
{
	const struct timespec *change = data;
	struct stat info;

	replace(fixture, FIRST);
	g_assert_cmpint(g_stat(fixture->path, &info), ==, 0);
	const struct timespec times[] = {info.st_atim,
					 {info.st_mtim.tv_sec + change->tv_sec,
					  (info.st_mtim.tv_nsec + change->tv_nsec) % 1000000000}};
	g_assert_cmpint(utimensat(AT_FDCWD, fixture->path, times, 0), ==, 0);
	g_clear_pointer(&fixture->file, text_file_close);
	assert_file(fixture, FIRST);
}

/* Only what begins as vmfc's files do may be replaced. */
static void
test_others(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const texts[] = {"", "# HELP vmfc", "# HELP vmfd_a\n",
					     " # HELP vmfc_a\n"};

	g_clear_pointer(&fixture->file, text_file_close);
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_true(g_file_set_contents(fixture->path, texts[i], -1, NULL));
		g_assert_null(text_file_open(fixture->path, &error));
		g_assert_nonnull(strstr(error->message, "it is not a file of vmfc"));
		g_assert_cmpuint(count_open(), ==, fixture->n_open);
	}
	g_assert_true(g_file_set_contents(fixture->path, FIRST, -1, NULL));
	open_file(fixture);
}

#define ADD(path, data, test) g_test_add(path, Fixture, data, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	static const struct timespec second = {1, 0};
	static const struct timespec nanosecond = {0, 1};

	g_test_init(&argc, &argv, NULL);
	ADD("/prometheus-file/replace", NULL, test_replace);
	ADD("/prometheus-file/parts", NULL, test_parts);
	ADD("/prometheus-file/failures", NULL, test_failures);
	ADD("/prometheus-file/two", NULL, test_two);
	ADD("/prometheus-file/changed/s", &second, test_changed);
	ADD("/prometheus-file/changed/ns", &nanosecond, test_changed);
	ADD("/prometheus-file/others", NULL, test_others);
	return g_test_run();
}
