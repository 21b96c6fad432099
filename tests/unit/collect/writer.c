/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "collect/writer.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <string.h>

#include "output/append-file.h"

#define CAPACITY 8
/* What a sink with a file writes for each record. */
#define LINE "a record\n"

/* A sink that a test can hold up and make fail. */
typedef struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	gboolean held;
	gboolean fails;
	gboolean refuses_to_open;
	gboolean refuses_to_flush;
	gboolean refuses_to_close;
	guint n_flushed;
	gboolean closed;
	GArray *ticks;	     /* of guint64: what was written, in order */
	VmfcRunFiles *files; /* NULL: it has no file */
	VmfcOutput *output;
	VmfcOutput *second; /* NULL: one file is enough */
	gboolean has_second;
} Tray;

/* The only way into a sink's open: what a real one would find at its path. */
static Tray *tray;

static gpointer
tray_open(VmfcContext *context, G_GNUC_UNUSED const VmfcSchema *schema, GError **error)
{
	if (tray->files != NULL)
		tray->output = vmfc_output_create(tray->files, ".tray", "", context->outputs, NULL);
	if (tray->has_second)
		tray->second = vmfc_output_create(tray->files, ".lid", "", context->outputs, NULL);
	if (!tray->refuses_to_open)
		return tray;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the tray is stuck");
	return NULL;
}

static gboolean
tray_write(gpointer self, const VmfcRecord *record, GError **error)
{
	Tray *to = self;
	guint64 tick = vmfc_record_get_tick(record);

	pthread_mutex_lock(&to->lock);
	while (to->held)
		pthread_cond_wait(&to->changed, &to->lock);
	gboolean fails = to->fails;
	pthread_mutex_unlock(&to->lock);
	if (fails) {
		g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the tray is full");
		return FALSE;
	}
	g_array_append_val(to->ticks, tick);
	return to->output == NULL || vmfc_output_append(to->output, 0, LINE, strlen(LINE), error);
}

static gboolean
tray_flush(gpointer self, GError **error)
{
	Tray *to = self;

	to->n_flushed++;
	if (!to->refuses_to_flush)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the tray is sticky");
	return FALSE;
}

static gboolean
tray_close(gpointer self, GError **error)
{
	Tray *to = self;

	to->closed = TRUE;
	if (to->output != NULL)
		vmfc_output_close(g_steal_pointer(&to->output), NULL);
	if (to->second != NULL)
		vmfc_output_close(g_steal_pointer(&to->second), NULL);
	if (!to->refuses_to_close)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the tray is warped");
	return FALSE;
}

static const VmfcSink sink = {tray_open, tray_write, tray_flush, tray_close};
static const VmfcPlugin plugin = {.name = "tray", .sink = &sink};

/* Another sink, which loses nothing. */
static gboolean
shelf_write(G_GNUC_UNUSED gpointer self, G_GNUC_UNUSED const VmfcRecord *record,
	    G_GNUC_UNUSED GError **error)
{
	return TRUE;
}

static gboolean
shelf_close(G_GNUC_UNUSED gpointer self, G_GNUC_UNUSED GError **error)
{
	return TRUE;
}

static const VmfcSink other_sink = {tray_open, shelf_write, NULL, shelf_close};
static const VmfcPlugin shelf = {.name = "shelf", .sink = &other_sink};

/*
 * In place of the core's, see meson.build: what the disk does after each record, one letter each:
 * F: it fails, o: it does not, -: no sync is due.
 */
static const gchar *disk;

#pragma GCC visibility push(default)
gboolean
__wrap_vmfc_fsync_is_due(const VmfcFsync *sync);
gboolean
__wrap_vmfc_fsync_all(VmfcFsync *sync, GError **error);
#pragma GCC visibility pop

gboolean
__wrap_vmfc_fsync_is_due(G_GNUC_UNUSED const VmfcFsync *sync)
{
	if (disk == NULL || *disk == '\0')
		return FALSE;
	return *disk++ != '-';
}

gboolean
__wrap_vmfc_fsync_all(G_GNUC_UNUSED VmfcFsync *sync, GError **error)
{
	if (disk[-1] == 'o')
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_IO, "the disk is cracked");
	return FALSE;
}

static void
tray_set(gboolean held, gboolean fails)
{
	pthread_mutex_lock(&tray->lock);
	tray->held = held;
	tray->fails = fails;
	pthread_cond_broadcast(&tray->changed);
	pthread_mutex_unlock(&tray->lock);
}

typedef struct {
	VmfcSchema *schema;
	VmfcRun run;
	GPtrArray *sinks;
	VmfcFsync *sync;
	VmfcWriter *writer;
	VmfcRow *row;
	guint n_written;
} Fixture;

static void
count_written(G_GNUC_UNUSED const VmfcRecord *record, gpointer user_data)
{
	g_atomic_int_inc(&((Fixture *)user_data)->n_written);
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const VmfcColumn column = {.name = "value", .type = VMFC_TYPE_INT};

	tray = g_new0(Tray, 1);
	disk = NULL;
	pthread_mutex_init(&tray->lock, NULL);
	pthread_cond_init(&tray->changed, NULL);
	tray->ticks = g_array_new(FALSE, FALSE, sizeof(guint64));
	fixture->schema = vmfc_schema_new();
	vmfc_schema_add(fixture->schema, "test", &column, NULL);
	vmfc_schema_freeze(fixture->schema);
	fixture->sinks = g_ptr_array_new_with_free_func((GDestroyNotify)vmfc_context_free);
	g_ptr_array_add(fixture->sinks, vmfc_context_new(&fixture->run, &plugin, NULL));
	fixture->sync = vmfc_fsync_new(0);
	fixture->writer = vmfc_writer_new(fixture->schema, fixture->sinks, fixture->sync, CAPACITY,
					  count_written, fixture);
	fixture->row = vmfc_writer_take_row(fixture->writer);
}

static void
start(Fixture *fixture)
{
	g_assert_true(vmfc_writer_start(fixture->writer, NULL));
	g_assert_true(vmfc_writer_wait_for_sinks(fixture->writer, NULL));
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_writer_free(fixture->writer);
	vmfc_fsync_free(fixture->sync);
	g_ptr_array_unref(fixture->sinks);
	vmfc_schema_free(fixture->schema);
	g_array_unref(tray->ticks);
	pthread_mutex_destroy(&tray->lock);
	pthread_cond_destroy(&tray->changed);
	g_free(tray);
}

static void
hand_over(Fixture *fixture, guint64 tick)
{
	fixture->row->tick = tick;
	VmfcRow *next = vmfc_writer_exchange(fixture->writer, fixture->row);
	if (next != NULL)
		fixture->row = next;
}

static void
test_order(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	start(fixture);
	tray_set(TRUE, FALSE);
	for (guint64 i = 0; i < CAPACITY - 1; i++)
		hand_over(fixture, i);
	tray_set(FALSE, FALSE);
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_false(result.failed);
	g_assert_cmpuint(result.n_written, ==, CAPACITY - 1);
	g_assert_cmpuint(fixture->n_written, ==, CAPACITY - 1);
	g_assert_cmpuint(tray->ticks->len, ==, CAPACITY - 1);
	for (guint64 i = 0; i < tray->ticks->len; i++)
		g_assert_cmpuint(g_array_index(tray->ticks, guint64, i), ==, i);
	g_assert_cmpuint(tray->n_flushed, >, 0);
	g_assert_true(tray->closed);
}

/* A sink that hangs costs records, and they are counted; the caller never waits. */
static void
test_full_queue(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	start(fixture);
	tray_set(TRUE, FALSE);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "tray is too slow: records are dropped*");
	for (guint64 i = 0; i < CAPACITY + 4; i++)
		hand_over(fixture, i);
	g_test_assert_expected_messages();
	tray_set(FALSE, FALSE);
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_true(result.failed);
	/* one row is always in the collector's hands */
	g_assert_cmpuint(result.n_dropped, ==, 5);
	g_assert_cmpuint(result.n_written, ==, CAPACITY - 1);
}

static void
test_failing_sink(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	start(fixture);
	tray_set(TRUE, TRUE);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "tray: the tray is full; records are lost there until it can be "
			      "written again");
	hand_over(fixture, 0);
	hand_over(fixture, 1);
	tray_set(FALSE, TRUE);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_true(result.failed);
	g_assert_cmpuint(result.n_failed, ==, 2);
	g_assert_cmpuint(result.n_written, ==, 0);
	g_assert_true(tray->closed);
}

/* A sink that comes back gets the next records; what it has lost is counted. */
static void
test_sink_recovers(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	start(fixture);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is full; *");
	tray_set(FALSE, TRUE);
	hand_over(fixture, 1);
	hand_over(fixture, 2);
	while (g_atomic_int_get(&fixture->n_written) < 2)
		g_usleep(100);
	g_test_assert_expected_messages();
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "tray writes again; 2 records are lost there");
	tray_set(FALSE, FALSE);
	hand_over(fixture, 3);
	while (g_atomic_int_get(&fixture->n_written) < 3)
		g_usleep(100);
	g_test_assert_expected_messages();
	/* the second time only what was lost then is told */
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is full; *");
	tray_set(FALSE, TRUE);
	hand_over(fixture, 4);
	while (g_atomic_int_get(&fixture->n_written) < 4)
		g_usleep(100);
	g_test_assert_expected_messages();
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "tray writes again; 1 records are lost there");
	tray_set(FALSE, FALSE);
	hand_over(fixture, 5);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_true(result.failed);
	g_assert_cmpuint(result.n_failed, ==, 3);
	g_assert_cmpuint(result.n_written, ==, 2);
	g_assert_cmpuint(result.n_dropped, ==, 0);
}

/* A record that one of several sinks has lost is lost once, whichever of them it is. */
static void
test_two_sinks(Fixture *fixture, gconstpointer first)
{
	VmfcWriterResult result;

	g_ptr_array_insert(fixture->sinks, first != NULL ? 0 : -1,
			   vmfc_context_new(&fixture->run, &shelf, NULL));
	start(fixture);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is full; *");
	tray_set(FALSE, TRUE);
	hand_over(fixture, 1);
	hand_over(fixture, 2);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_true(result.failed);
	g_assert_cmpuint(result.n_failed, ==, 2);
	g_assert_cmpuint(result.n_written, ==, 0);
}

/* All records are written, but who reads the files must know that they may end too early. */
static void
test_close_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	tray->refuses_to_close = TRUE;
	start(fixture);
	hand_over(fixture, 1);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is warped");
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_true(result.failed);
	g_assert_cmpuint(result.n_written, ==, 1);
	g_assert_cmpuint(result.n_failed, ==, 0);
}

static void
test_flush_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	tray->refuses_to_flush = TRUE;
	start(fixture);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "tray: the tray is sticky");
	hand_over(fixture, 1);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_true(result.failed);
	g_assert_true(tray->closed);
}

/* A disk that fails again and again is said once each time that it begins to. */
static void
test_disk_fails(Fixture *fixture, gconstpointer course)
{
	const gchar *said = "the disk is cracked; a power cut may lose the last records";
	VmfcWriterResult result;

	disk = course;
	gchar before = 'o';
	for (const gchar *at = course; *at != '\0'; at++) {
		if (*at == 'F' && before == 'o')
			g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, said);
		before = *at != '-' ? *at : before;
	}
	start(fixture);
	for (guint64 i = 0; i < strlen(course); i++)
		hand_over(fixture, i + 1);
	vmfc_writer_stop(fixture->writer, &result);
	g_test_assert_expected_messages();
	g_assert_cmpint(result.failed, ==, strchr(course, 'F') != NULL);
	g_assert_cmpuint(result.n_written, ==, strlen(course));
	g_assert_cmpuint(result.n_failed, ==, 0);
}

/* -------------------------------------------------------------- parts */

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

/* ------------------------------------------------------- start and end */

static void
test_refuses_to_open(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	VmfcWriterResult result;

	tray->refuses_to_open = TRUE;
	g_assert_true(vmfc_writer_start(fixture->writer, NULL));
	g_assert_false(vmfc_writer_wait_for_sinks(fixture->writer, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_cmpstr(error->message, ==, "the tray is stuck");
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_false(tray->closed);
}

/* Many rows through a small queue, for the thread sanitizer. */
static void
test_many(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcWriterResult result;

	start(fixture);
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "*");
	tray_set(TRUE, FALSE);
	for (guint64 i = 0; i < CAPACITY; i++)
		hand_over(fixture, i);
	g_test_assert_expected_messages();
	tray_set(FALSE, FALSE);
	for (guint64 i = CAPACITY; i < 20000; i++)
		hand_over(fixture, i);
	vmfc_writer_stop(fixture->writer, &result);
	g_assert_cmpuint(result.n_written + result.n_dropped, ==, 20000);
	for (guint i = 1; i < tray->ticks->len; i++)
		g_assert_cmpuint(g_array_index(tray->ticks, guint64, i - 1), <,
				 g_array_index(tray->ticks, guint64, i));
}

#define ADD_WITH(path, data, func)                                                                 \
	g_test_add("/writer/" path, Fixture, data, set_up, func, tear_down)
#define ADD(path, func) g_test_add("/writer/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("order", test_order);
	ADD("full-queue", test_full_queue);
	ADD("failing-sink", test_failing_sink);
	ADD("failing-sink/recovers", test_sink_recovers);
	ADD("failing-sink/before-another", test_two_sinks);
	ADD_WITH("failing-sink/after-another", "first", test_two_sinks);
	ADD("close-fails", test_close_fails);
	ADD("flush-fails", test_flush_fails);
	ADD_WITH("disk-fails/for-good", "oF-F--F", test_disk_fails);
	ADD_WITH("disk-fails/for-a-while", "FF-oF-o", test_disk_fails);
	ADD_WITH("disk-fails/never", "o-oo", test_disk_fails);
	ADD_WITH("parts/all", "all", test_parts);
	ADD_WITH("parts/gaps", "gaps", test_parts);
	ADD_WITH("parts/edges", "edges", test_parts);
	ADD("parts/fail", test_part_fails);
	ADD("parts/full-file", test_full_file);
	ADD_WITH("parts/full-file-fails", "fails", test_full_file);
	ADD("deleted", test_deleted);
	ADD("refuses-to-open", test_refuses_to_open);
	ADD("many", test_many);
	return g_test_run();
}
