/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Parts of a run, and files that are deleted. */

#include <glib/gstdio.h>
#include <unistd.h>

#include "still-clock.h"
#include "tray.h"

/* Moves the time by which the writer checks names. */
static void
advance(gint64 microseconds)
{
	__atomic_add_fetch(&now, microseconds, __ATOMIC_SEQ_CST);
}

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
	/* a sink without a file has no part: it goes on */
	g_assert_cmpuint(tray->n_opened, ==, 1);
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

/* ------------------------------------------- what others do to its files */

/* A run with one file, in a folder of its own. */
typedef struct {
	gchar *folder;
	gchar *name;
	gchar *path; /* of the file of the tray */
} Place;

static void
place_init(Place *place, Fixture *fixture)
{
	static const gchar *const extensions[] = {".tray", ".lid", NULL};

	place->folder = g_dir_make_tmp("vmfc-writer-XXXXXX", NULL);
	place->name = g_build_filename(place->folder, "run", NULL);
	tray->files = vmfc_run_files_new(place->name, extensions, 0);
	place->path = vmfc_run_files_build_path(tray->files, ".tray");
	advance(10 * G_USEC_PER_SEC);
	start(fixture);
}

/* Hands over a record and waits until it is written. */
static void
write_one(Fixture *fixture, guint64 tick)
{
	guint n_before = (guint)g_atomic_int_get(&fixture->n_written);

	hand_over(fixture, tick);
	while ((guint)g_atomic_int_get(&fixture->n_written) == n_before)
		g_usleep(100);
}

/* The file has so many records; it is removed. */
static void
take_file(const Place *place, const gchar *name, guint n_records)
{
	g_autofree gchar *path = g_build_filename(place->folder, name, NULL);
	g_autofree gchar *text = NULL;
	gsize length;

	g_assert_true(g_file_get_contents(path, &text, &length, NULL));
	g_assert_cmpuint(length, ==, n_records * strlen(LINE));
	g_assert_cmpint(g_unlink(path), ==, 0);
}

static void
place_clear(Place *place)
{
	g_assert_cmpint(g_rmdir(place->folder), ==, 0);
	vmfc_run_files_free(tray->files);
	g_free(place->folder);
	g_free(place->name);
	g_free(place->path);
}

/* A file that is renamed is seen within a second, and loses nothing. */
static void
test_moved(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;
	Place place;

	place_init(&place, fixture);
	g_autofree gchar *away = g_build_filename(place.folder, "away", NULL);
	write_one(fixture, 1);
	g_assert_cmpint(g_rename(place.path, away), ==, 0);
	/* names are checked once a second, because that costs more than a record */
	advance(G_USEC_PER_SEC / 2);
	write_one(fixture, 2);
	advance(G_USEC_PER_SEC / 10 * 4);
	g_test_expect_message("vmfc", G_LOG_LEVEL_MESSAGE,
			      "*/run.tray was moved; vmfc continues in a new file with that name");
	write_one(fixture, 3);
	g_test_assert_expected_messages();
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_false(result.failed);
	take_file(&place, "away", 2);
	take_file(&place, "run.tray", 1);
	place_clear(&place);
}

/* A file that is truncated has lost records. The next one goes into a new file. */
static void
test_cut(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;
	Place place;

	place_init(&place, fixture);
	write_one(fixture, 1);
	g_assert_cmpint(truncate(place.path, 0), ==, 0);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "*/run.tray was truncated while *");
	g_test_expect_message("vmfc", G_LOG_LEVEL_MESSAGE, "*/run.tray exists already; *");
	write_one(fixture, 2);
	g_test_assert_expected_messages();
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_true(result.failed);
	take_file(&place, "run.1.tray", 0);
	take_file(&place, "run.tray", 1);
	place_clear(&place);
}

/* What happens to a file after its last record is seen at the end of the run. */
static void
test_changed_at_end(Fixture *fixture, gconstpointer data)
{
	const gchar *change = data;
	VmfcWriterResult result;
	Place place;

	place_init(&place, fixture);
	g_autofree gchar *away = g_build_filename(place.folder, "away", NULL);
	write_one(fixture, 1);
	if (g_str_equal(change, "moved"))
		g_assert_cmpint(g_rename(place.path, away), ==, 0);
	else if (g_str_equal(change, "deleted"))
		g_assert_cmpint(g_unlink(place.path), ==, 0);
	else
		g_assert_cmpint(truncate(place.path, 0), ==, 0);
	gboolean is_lost = !g_str_equal(change, "moved");
	g_autofree gchar *pattern = g_strdup_printf("*/run.tray was %s*", change);
	g_test_expect_message("vmfc", is_lost ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_MESSAGE, pattern);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_cmpint(result.failed, ==, is_lost);
	g_assert_cmpuint(result.n_written, ==, 1);
	if (!g_str_equal(change, "deleted"))
		take_file(&place, is_lost ? "run.tray" : "away", is_lost ? 0 : 1);
	place_clear(&place);
}

/* A sink that cannot close its file gets a new one all the same, with the next record. */
static void
test_reopen_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;
	Place place;

	place_init(&place, fixture);
	write_one(fixture, 1);
	tray->refuses_to_close = TRUE;
	g_assert_cmpint(g_unlink(place.path), ==, 0);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "*/run.tray was deleted while *");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is warped");
	write_one(fixture, 2);
	g_test_assert_expected_messages();
	tray->refuses_to_close = FALSE;
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_true(result.failed);
	g_assert_cmpuint(result.n_written, ==, 2);
	take_file(&place, "run.tray", 1);
	place_clear(&place);
}

static gpointer
stuck_open(G_GNUC_UNUSED VmfcContext *context, G_GNUC_UNUSED const VmfcSchema *schema,
	   GError **error)
{
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the drawer is stuck");
	return NULL;
}

static const VmfcSink stuck_sink = {stuck_open, tray_write, NULL, tray_close};
static const VmfcPlugin stuck = {.name = "drawer", .sink = &stuck_sink};

/* A sink that is open is closed, also if one after it cannot be opened. */
static void
test_second_refuses(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	VmfcWriterResult result;

	g_ptr_array_add(fixture->sinks, vmfc_context_new(&fixture->run, &stuck, NULL));
	g_assert_true(vmfc_writer_start(fixture->writer, NULL));
	g_assert_false(vmfc_writer_wait_for_sinks(fixture->writer, &error));
	g_assert_cmpstr(error->message, ==, "the drawer is stuck");
	g_assert_true(tray->closed);
	vmfc_writer_stop(fixture->writer, &result);
}

/* Removes the files of a part that is full. */
static gboolean
end_files(const VmfcWriterResult *result, gpointer user_data, GError **error)
{
	static const gchar *const names[] = {".tray", ".lid"};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree gchar *path = vmfc_run_files_build_path(tray->files, names[i]);
		g_assert_cmpint(g_unlink(path), ==, 0);
	}
	tray->refuses_to_open = ((Parts *)user_data)->fails;
	((Parts *)user_data)->fails = FALSE;
	return end_part(result, user_data, error);
}

/* The largest of several files counts, whichever it is. */
static void
test_largest_file(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Parts parts = {.ends = g_string_new(NULL)};
	const VmfcDivision division = {
		.size = 2 * strlen(LINE), .end_part = end_files, .user_data = &parts};
	VmfcWriterResult result;
	Place place;

	tray->has_second = TRUE;
	vmfc_writer_divide(fixture->writer, &division);
	place_init(&place, fixture);
	for (guint64 i = 1; i <= 5; i++)
		write_one(fixture, i);
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_false(result.failed);
	g_assert_cmpstr(parts.ends->str, ==, "2 4 ");
	take_file(&place, "run.tray", 1);
	take_file(&place, "run.lid", 0);
	g_string_free(parts.ends, TRUE);
	place_clear(&place);
}

/* A sink that cannot begin its next part is opened with a later record; what it loses is counted.
 */
static void
test_part_cannot_begin(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Parts parts = {.ends = g_string_new(NULL), .fails = TRUE};
	const VmfcDivision division = {
		.size = 2 * strlen(LINE), .end_part = end_files, .user_data = &parts};
	VmfcWriterResult result;
	Place place;

	tray->has_second = TRUE;
	vmfc_writer_divide(fixture->writer, &division);
	place_init(&place, fixture);
	write_one(fixture, 1);
	write_one(fixture, 2);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is stuck");
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "tray: the tray is stuck; records are lost there *");
	write_one(fixture, 3);
	write_one(fixture, 4);
	g_test_assert_expected_messages();
	tray->refuses_to_open = FALSE;
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "tray writes again; 2 records are lost there");
	for (guint64 i = 5; i <= 7; i++)
		write_one(fixture, i);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_true(result.failed);
	g_assert_cmpuint(result.n_written, ==, 5);
	g_assert_cmpuint(result.n_failed, ==, 2);
	/* the second part has its two records, whenever it began */
	g_assert_cmpstr(parts.ends->str, ==, "2 4 ");
	take_file(&place, "run.tray", 1);
	take_file(&place, "run.lid", 0);
	g_string_free(parts.ends, TRUE);
	place_clear(&place);
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
	ADD("parts/largest-file", test_largest_file);
	ADD("parts/cannot-begin", test_part_cannot_begin);
	ADD("deleted", test_deleted);
	ADD("moved", test_moved);
	ADD("cut", test_cut);
	ADD_WITH("at-end/moved", "moved", test_changed_at_end);
	ADD_WITH("at-end/deleted", "deleted", test_changed_at_end);
	ADD_WITH("at-end/truncated", "truncated", test_changed_at_end);
	ADD("reopen-fails", test_reopen_fails);
	ADD("second-refuses", test_second_refuses);
	return g_test_run();
}
