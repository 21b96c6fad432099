/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The files of a run, in a folder of their own. */

#pragma once

#include <string.h>

#include <glib/gstdio.h>

#include "output/append-file.h"

typedef struct {
	gchar *folder;
	gchar *name; /* of the run: run.json in the folder */
	VmfcRunFiles *set;
} Fixture;

static inline void
fixture_init(Fixture *fixture, const gchar *const *extensions, gint64 sync_interval)
{
	fixture->folder = g_dir_make_tmp("vmfc-run-XXXXXX", NULL);
	fixture->name = g_build_filename(fixture->folder, "run.json", NULL);
	fixture->set = vmfc_run_files_new(fixture->name, extensions, sync_interval);
}

/* Removes the folder, which must be empty by then. */
static inline void
fixture_clear(Fixture *fixture)
{
	vmfc_run_files_free(fixture->set);
	g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
	g_free(fixture->folder);
	g_free(fixture->name);
}

static inline void
empty_folder(const gchar *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const gchar *name;

	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree gchar *path = g_build_filename(folder, name, NULL);
		if (g_unlink(path) < 0)
			g_rmdir(path);
	}
}

/* Returns: (transfer full): the text of a file in the folder */
static inline gchar *
read_file(const Fixture *fixture, const gchar *name)
{
	g_autofree gchar *path = g_build_filename(fixture->folder, name, NULL);
	gchar *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static inline void
assert_text(const Fixture *fixture, const gchar *name, const gchar *expected)
{
	g_autofree gchar *text = read_file(fixture, name);
	g_assert_cmpstr(text, ==, expected);
}

static inline VmfcOutput *
create(Fixture *fixture, const gchar *extension, const gchar *start)
{
	g_autoptr(GError) error = NULL;
	VmfcOutput *output = vmfc_output_create(fixture->set, extension, start, NULL, &error);

	g_assert_no_error(error);
	g_assert_nonnull(output);
	return output;
}

static inline void
append(VmfcOutput *output, gsize overwrite, const gchar *text)
{
	g_autoptr(GError) error = NULL;
	gboolean done = vmfc_output_append(output, overwrite, text, strlen(text), &error);

	g_assert_no_error(error);
	g_assert_true(done);
}
