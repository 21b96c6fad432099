/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Files that plugins read once in each tick, whatever happens to them between two. */

#include "plugin/source-file.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define FIRST_SIZE 16384 /* of the buffer */

typedef struct {
	gchar *folder;
	gchar *path;
	VmfcSourceFiles *files;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("vmfc-source-XXXXXX", NULL);
	fixture->path = g_build_filename(fixture->folder, "stat", NULL);
	fixture->files = vmfc_source_files_new(fixture->folder);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_source_files_free(fixture->files);
	g_unlink(fixture->path);
	g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
	g_free(fixture->folder);
	g_free(fixture->path);
}

/* Changes the content of the file, which stays the same file. */
static void
put(Fixture *fixture, const gchar *text)
{
	FILE *file = fopen(fixture->path, "w");

	g_assert_nonnull(file);
	g_assert_cmpint(fputs(text, file), >=, 0);
	g_assert_cmpint(fclose(file), ==, 0);
}

static void
assert_read(VmfcFile *file, const gchar *expected)
{
	g_autoptr(GError) error = NULL;
	gsize length;
	const gchar *text = vmfc_file_read(file, &length, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(length, ==, strlen(expected));
	g_assert_true(g_str_equal(text, expected));
}

/* All who read a file in a tick see the same text, and in the next tick a new one. */
static void
test_ticks(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	put(fixture, "one and more");
	VmfcFile *file = vmfc_source_files_open(fixture->files, "stat", NULL);

	g_assert_true(vmfc_source_files_open(fixture->files, "stat", NULL) == file);
	assert_read(file, "one and more");
	put(fixture, "two");
	assert_read(file, "one and more");
	vmfc_source_files_next_tick(fixture->files);
	/* a shorter text ends where it does */
	assert_read(file, "two");
	vmfc_source_files_next_tick(fixture->files);
	put(fixture, "");
	assert_read(file, "");
	vmfc_source_files_next_tick(fixture->files);
	put(fixture, "three");
	assert_read(file, "three");
	g_assert_cmpstr(vmfc_file_read(file, NULL, NULL), ==, "three");
}

/* Texts of all lengths, as they grow and shrink. */
static void
test_lengths(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gsize lengths[] = {
		1,
		2047,
		2048,
		2049,
		4096,
		12287,
		12288,
		FIRST_SIZE - 4097,
		FIRST_SIZE - 4096,
		FIRST_SIZE - 2,
		FIRST_SIZE - 1,
		FIRST_SIZE,
		FIRST_SIZE + 1,
		2 * FIRST_SIZE,
		300000,
		5,
	};

	put(fixture, "");
	VmfcFile *file = vmfc_source_files_open(fixture->files, "stat", NULL);
	for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
		g_autofree gchar *text = g_strnfill(lengths[i], (gchar)('a' + i));
		text[lengths[i] / 2] = '\n';
		put(fixture, text);
		vmfc_source_files_next_tick(fixture->files);
		assert_read(file, text);
	}
}

/* What is far too large for a file of the kernel does not fill the memory. */
static void
test_endless(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	put(fixture, "one");
	VmfcFile *file = vmfc_source_files_open(fixture->files, "stat", NULL);
	g_assert_cmpint(truncate(fixture->path, 65 * 1024 * 1024), ==, 0);
	g_assert_null(vmfc_file_read(file, NULL, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED);
	g_assert_nonnull(strstr(error->message, fixture->path));
	g_assert_nonnull(strstr(error->message, "File too large"));
	/* each reader in this tick is told, and the next tick is another try */
	g_clear_error(&error);
	put(fixture, "two");
	g_assert_null(vmfc_file_read(file, NULL, &error));
	g_assert_nonnull(error);
	vmfc_source_files_next_tick(fixture->files);
	assert_read(file, "two");
}

static void
test_refused(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(vmfc_source_files_open(fixture->files, "stat", &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_UNSUPPORTED);
	g_assert_nonnull(strstr(error->message, fixture->path));
	g_clear_error(&error);
	g_assert_cmpint(mkfifo(fixture->path, 0600), ==, 0);
	g_assert_null(vmfc_source_files_open(fixture->files, "stat", &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
	g_assert_nonnull(strstr(error->message, "is a pipe"));
}

#define ADD(path, func) g_test_add("/source-file/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("ticks", test_ticks);
	ADD("lengths", test_lengths);
	ADD("endless", test_endless);
	ADD("refused", test_refused);
	return g_test_run();
}
