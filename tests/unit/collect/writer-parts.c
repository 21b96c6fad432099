/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Parts of a run, and files that are deleted. */

#include <glib/gstdio.h>

#include "tray.h"

typedef struct {
	GString *ends; /* how many records had been written when each part ended */
	gboolean fails;
} Parts;

static gboolean
end_part(const VmfcWriterResult *result, gpointer user_data, GError **error)
{
	Parts *parts = user_data;

	g_string_append_printf(parts->ends, "%" G_GUINT64_FORMAT " ", result->n_written);
	if (parts->fails)
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the shelf is full");
	return !parts->fails;
}

/* @ticks: of the records, ends with 0; parts of three windows end before those named in @ends */
static void
divide(Fixture *fixture, const guint64 *ticks, Parts *parts, gboolean fails)
{
	const VmfcDivision division = {.n_windows = 3, .end_part = end_part, .user_data = parts};
	VmfcWriterResult result;

	parts->ends = g_string_new(NULL);
	parts->fails = fails;
	vmfc_writer_divide(fixture->writer, &division);
	start(fixture);
	for (guint i = 0; ticks[i] != 0; i++)
		hand_over(fixture, ticks[i]);
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_cmpint(result.failed, ==, fails);
}

/* Records that are missing do not move the boundaries of parts. */
static void
test_parts(Fixture *fixture, gconstpointer data)
{
	static const guint64 all[] = {1, 2, 3, 4, 5, 6, 7, 0};
	static const guint64 gaps[] = {1, 2, 8, 9, 10, 0};
	static const guint64 edges[] = {1, 6, 7, 16, 18, 0};
	const gchar *name = data;
	Parts parts;

	if (g_str_equal(name, "all"))
		divide(fixture, all, &parts, FALSE);
	else
		divide(fixture, g_str_equal(name, "gaps") ? gaps : edges, &parts, FALSE);
	g_assert_cmpstr(parts.ends->str, ==,
			g_str_equal(name, "all")    ? "3 6 "
			: g_str_equal(name, "gaps") ? "2 4 "
						    : "1 2 3 ");
	g_string_free(parts.ends, TRUE);
}

static void
test_part_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const guint64 ticks[] = {1, 2, 3, 4, 0};
	Parts parts;

	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "the shelf is full");
	divide(fixture, ticks, &parts, TRUE);
	g_test_assert_expected_messages();
	g_assert_cmpuint(tray->ticks->len, ==, 4);
	g_string_free(parts.ends, TRUE);
}

/* Takes the file of a part that is full away. */
static gboolean
end_file(const VmfcWriterResult *result, gpointer user_data, GError **error)
{
	g_autofree gchar *path = vmfc_run_files_build_path(tray->files, ".tray");

	g_assert_null(tray->output);
	g_assert_cmpint(g_unlink(path), ==, 0);
	return end_part(result, user_data, error);
}

/* A file is full when it has its size. If it cannot be closed, a part may end too early. */
static void
test_full_file(Fixture *fixture, gconstpointer fails)
{
	g_autofree gchar *folder = g_dir_make_tmp("vmfc-writer-XXXXXX", NULL);
	g_autofree gchar *name = g_build_filename(folder, "run", NULL);
	const gchar *extensions[] = {".tray", NULL};
	Parts parts = {.ends = g_string_new(NULL)};
	const VmfcDivision division = {
		.size = 2 * strlen(LINE), .end_part = end_file, .user_data = &parts};
	VmfcWriterResult result;

	tray->files = vmfc_run_files_new(name, extensions, 0);
	tray->refuses_to_close = fails != NULL;
	vmfc_writer_divide(fixture->writer, &division);
	start(fixture);
	for (guint i = 0; fails != NULL && i < 3; i++)
		g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is warped");
	for (guint64 i = 1; i <= 5; i++)
		hand_over(fixture, i);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_cmpstr(parts.ends->str, ==, "2 4 ");
	g_assert_cmpint(result.failed, ==, fails != NULL);
	g_assert_cmpuint(result.n_written, ==, 5);
	g_string_free(parts.ends, TRUE);
	g_autofree gchar *path = vmfc_run_files_build_path(tray->files, ".tray");
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_rmdir(folder), ==, 0);
	vmfc_run_files_free(tray->files);
}

/* A sink whose first file is deleted gets new ones, although its second one is there. */
static void
test_deleted(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *folder = g_dir_make_tmp("vmfc-writer-XXXXXX", NULL);
	g_autofree gchar *name = g_build_filename(folder, "run", NULL);
	const gchar *extensions[] = {".tray", ".lid", NULL};
	static const gchar *const left[] = {"run.tray", "run.lid", "run.1.lid"};
	VmfcWriterResult result;
	g_autofree gchar *text = NULL;

	tray->files = vmfc_run_files_new(name, extensions, 0);
	tray->has_second = TRUE;
	start(fixture);
	hand_over(fixture, 1);
	while (g_atomic_int_get(&fixture->n_written) < 1)
		g_usleep(100);
	g_autofree gchar *path = vmfc_run_files_build_path(tray->files, ".tray");
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "*/run.tray was deleted while *");
	g_test_expect_message("vmfc", G_LOG_LEVEL_MESSAGE, "*/run.lid exists already; *");
	hand_over(fixture, 2);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_true(result.failed);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, LINE);
	for (guint i = 0; i < G_N_ELEMENTS(left); i++) {
		g_autofree gchar *one = g_build_filename(folder, left[i], NULL);
		g_assert_cmpint(g_unlink(one), ==, 0);
	}
	g_assert_cmpint(g_rmdir(folder), ==, 0);
	vmfc_run_files_free(tray->files);
}

#define ADD_WITH(path, data, func)                                                                 \
	g_test_add("/writer-parts/" path, Fixture, data, set_up, func, tear_down)
#define ADD(path, func) g_test_add("/writer-parts/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD_WITH("parts/all", "all", test_parts);
	ADD_WITH("parts/gaps", "gaps", test_parts);
	ADD_WITH("parts/edges", "edges", test_parts);
	ADD("parts/fail", test_part_fails);
	ADD("parts/full-file", test_full_file);
	ADD_WITH("parts/full-file-fails", "fails", test_full_file);
	ADD("deleted", test_deleted);
	return g_test_run();
}
