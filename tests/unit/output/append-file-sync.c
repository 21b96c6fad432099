/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which calls bring a file onto the disk, in which order, and what happens when one of them fails.
 */

#include "output/append-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run-folder.h"
#include "vmfc/vmfc-plugin.h"

#define SECOND G_GINT64_CONSTANT(1000000000)

/* In place of the C library's, see meson.build. */
static struct {
	const gchar *folder; /* of the files that are looked at; NULL: none */
	GString *log;	     /* of the calls, with the names of the files */
	const gchar *fails;  /* calls, separated by blanks; each fails with its own errno */
	gint reserve_failure;
	guint n_reserved; /* calls that reserved blocks */
	gboolean is_torn; /* only a part of each text is written */
	gsize torn_from;  /* the shortest text that is torn */
} kernel;

/* Returns: (transfer full) (nullable): the name in the folder, "." for the folder itself */
static gchar *
find_name(int fd)
{
	static const gchar *const names[] = {".", "run.json", "run.csv"};
	struct stat open_file, named;

	for (guint i = 0; kernel.folder != NULL && i < G_N_ELEMENTS(names); i++) {
		g_autofree gchar *path = g_build_filename(kernel.folder, names[i], NULL);
		if (fstat(fd, &open_file) == 0 && stat(path, &named) == 0 &&
		    open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev)
			return g_strdup(names[i]);
	}
	return NULL;
}

/* Returns: whether the call fails, with errno set */
static gboolean
note(const gchar *call, int fd, int failure)
{
	g_autofree gchar *name = find_name(fd);

	if (name == NULL || (g_str_equal(call, "close") && g_str_equal(name, ".")))
		return FALSE;
	g_autofree gchar *entry = g_strdup_printf("%s %s; ", call, name);
	/* many blanks are written in many pieces */
	if (!g_str_has_suffix(kernel.log->str, entry))
		g_string_append(kernel.log, entry);
	if (kernel.fails == NULL || strstr(kernel.fails, call) == NULL)
		return FALSE;
	errno = failure;
	return TRUE;
}

#pragma GCC visibility push(default)
ssize_t
__real_pwrite64(int fd, const void *text, size_t length, off_t at);
ssize_t
__wrap_pwrite64(int fd, const void *text, size_t length, off_t at);
int
__wrap_fallocate64(int fd, int mode, off_t offset, off_t length);
int
__real_ftruncate64(int fd, off_t length);
int
__wrap_ftruncate64(int fd, off_t length);
int
__real_close(int fd);
int
__wrap_close(int fd);
int
__wrap_fdatasync(int fd);
int
__wrap_fsync(int fd);
int
__wrap_sync_file_range(int fd, off_t offset, off_t length, unsigned int flags);
#pragma GCC visibility pop

ssize_t
__wrap_pwrite64(int fd, const void *text, size_t length, off_t at)
{
	note(*(const gchar *)text == ' ' ? "blank" : "write", fd, 0);
	if (!kernel.is_torn || length < MAX(2, kernel.torn_from))
		return __real_pwrite64(fd, text, length, at);
	__real_pwrite64(fd, text, length / 2, at);
	errno = EIO;
	return -1;
}

int
__wrap_fallocate64(int fd, G_GNUC_UNUSED int mode, G_GNUC_UNUSED off_t offset,
		   G_GNUC_UNUSED off_t length)
{
	if (kernel.reserve_failure == 0) {
		kernel.n_reserved++;
		return 0;
	}
	note("reserve", fd, 0);
	errno = kernel.reserve_failure;
	return -1;
}

int
__wrap_ftruncate64(int fd, off_t length)
{
	return note("cut", fd, EPERM) ? -1 : __real_ftruncate64(fd, length);
}

/* As close(2) does: also if it fails, the file is closed. */
int
__wrap_close(int fd)
{
	gboolean fails = note("close", fd, EDQUOT);
	int failure = errno;
	int result = __real_close(fd);

	errno = failure;
	return fails ? -1 : result;
}

int
__wrap_fdatasync(int fd)
{
	return note("length", fd, ENOSPC) ? -1 : 0;
}

int
__wrap_fsync(int fd)
{
	return note("sync", fd, EIO) ? -1 : 0;
}

int
__wrap_sync_file_range(int fd, G_GNUC_UNUSED off_t offset, G_GNUC_UNUSED off_t length,
		       G_GNUC_UNUSED unsigned int flags)
{
	return note("text", fd, ENOSPC) ? -1 : 0;
}

static void
set_up(Fixture *fixture, gconstpointer is_synced)
{
	static const gchar *const extensions[] = {".json", ".csv", NULL};

	fixture_init(fixture, extensions, is_synced != NULL ? SECOND : 0);
	kernel = (typeof(kernel)){.folder = fixture->folder, .log = g_string_new(NULL)};
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer is_synced)
{
	kernel.folder = NULL;
	g_string_free(kernel.log, TRUE);
	for (guint i = 0; vmfc_run_files_get_extensions(fixture->set)[i] != NULL; i++) {
		g_autofree gchar *path = vmfc_run_files_build_path(
			fixture->set, vmfc_run_files_get_extensions(fixture->set)[i]);
		g_unlink(path);
	}
	fixture_clear(fixture);
}

static void
assert_calls(const gchar *expected)
{
	g_assert_cmpstr(kernel.log->str, ==, expected);
	g_string_truncate(kernel.log, 0);
}

/* Text before lengths, room before what is written into it, and everything before the end. */
static void
test_synced(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcOutput *array = create(fixture, ".json", "[\n]\n");
	VmfcOutput *lines = create(fixture, ".csv", "a\n");

	g_string_truncate(kernel.log, 0);
	append(array, 2, "{}\n]\n");
	assert_calls("blank run.json; text run.json; text run.csv; length run.json; sync .; "
		     "length run.csv; sync .; write run.json; ");
	append(array, 3, ",\n{}\n]\n");
	append(lines, 0, "1\n");
	assert_calls("write run.json; write run.csv; ");
	g_assert_true(vmfc_output_close(array, NULL));
	assert_calls("text run.json; text run.csv; length run.json; length run.csv; "
		     "cut run.json; sync run.json; close run.json; ");
	g_assert_true(vmfc_output_close(lines, NULL));
	assert_calls("text run.csv; length run.csv; cut run.csv; sync run.csv; close run.csv; ");
}

/* Without an interval a file is synced at its end only. */
static void
test_at_end(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcOutput *array = create(fixture, ".json", "[\n]\n");

	g_string_truncate(kernel.log, 0);
	append(array, 2, "{}\n]\n");
	assert_calls("write run.json; ");
	g_assert_true(vmfc_output_close(array, NULL));
	assert_calls("cut run.json; sync run.json; sync .; close run.json; ");
}

/* Whatever fails at the end, the rest is done, and the user is told of the first failure. */
static void
test_end_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const struct {
		const gchar *fails;
		const gchar *reason;
	} cases[] = {
		{"cut", "Operation not permitted"},   {"sync", "Input/output error"},
		{"close", "Disk quota exceeded"},     {"cut sync close", "Operation not permitted"},
		{"sync close", "Input/output error"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree gchar *path = vmfc_run_files_build_path(fixture->set, ".json");
		VmfcOutput *output = create(fixture, ".json", "[\n]\n");
		append(output, 2, "{}\n]\n");
		g_string_truncate(kernel.log, 0);
		kernel.fails = cases[i].fails;
		g_assert_false(vmfc_output_close(output, &error));
		kernel.fails = NULL;
		assert_calls("cut run.json; sync run.json; sync .; close run.json; ");
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, "run.json cannot be finished"));
		g_assert_nonnull(strstr(error->message, cases[i].reason));
		g_assert_cmpint(g_unlink(path), ==, 0);
	}
}

/* What another program has made shorter does not get zeros instead. */
static void
test_cut(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcOutput *output = create(fixture, ".csv", "a\n");
	g_autofree gchar *path = vmfc_run_files_build_path(fixture->set, ".csv");
	struct stat info;

	append(output, 0, "1\n");
	g_assert_cmpint(vmfc_output_look(output, TRUE), ==, VMFC_OUTPUT_INTACT);
	g_assert_cmpint(truncate(path, 3), ==, 0);
	g_assert_cmpint(vmfc_output_look(output, FALSE), ==, VMFC_OUTPUT_CUT);
	/* also if it has become longer again */
	g_assert_cmpint(truncate(path, 5), ==, 0);
	g_assert_cmpint(vmfc_output_look(output, TRUE), ==, VMFC_OUTPUT_CUT);
	g_assert_true(vmfc_output_close(output, NULL));
	g_assert_cmpint(stat(path, &info), ==, 0);
	g_assert_cmpint(info.st_size, ==, 5);
}

/* A disk without room refuses a line as a whole; one that cannot reserve room may still have it. */
static void
test_reserve(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gint refusals[] = {ENOSPC, EDQUOT, EFBIG, EIO};
	static const gint others[] = {EOPNOTSUPP, ENOSYS, EINVAL};

	for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree gchar *path = vmfc_run_files_build_path(fixture->set, ".csv");
		VmfcOutput *output = create(fixture, ".csv", "a\n");
		g_string_truncate(kernel.log, 0);
		kernel.reserve_failure = refusals[i];
		g_assert_false(vmfc_output_append(output, 0, "1\n", 2, NULL));
		assert_calls("reserve run.csv; ");
		kernel.reserve_failure = i < G_N_ELEMENTS(others) ? others[i] : 0;
		append(output, 0, "1\n");
		kernel.reserve_failure = 0;
		g_assert_true(vmfc_output_close(output, NULL));
		g_assert_cmpint(g_unlink(path), ==, 0);
	}
}

/* A record that is torn, and cannot be taken back, is told once, and the next one replaces it. */
static void
test_torn(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *path = vmfc_run_files_build_path(fixture->set, ".csv");
	g_autofree gchar *text = NULL;
	VmfcOutput *output = create(fixture, ".csv", "a\n");

	append(output, 0, "1\n");
	kernel.is_torn = TRUE;
	kernel.fails = "cut";
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
			      "vmfc could not restore */run.csv to its last whole record");
	g_assert_false(vmfc_output_append(output, 0, "2222\n", 5, NULL));
	g_assert_false(vmfc_output_append(output, 0, "3333\n", 5, NULL));
	g_test_assert_expected_messages();
	kernel.is_torn = FALSE;
	kernel.fails = NULL;
	append(output, 0, "4\n");
	/* the next one that is torn, after one that was not, is told again; it is taken back here
	 */
	kernel.is_torn = TRUE;
	g_assert_false(vmfc_output_append(output, 0, "5555\n", 5, NULL));
	kernel.fails = "cut";
	g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING, "vmfc could not restore */run.csv to *");
	g_assert_false(vmfc_output_append(output, 0, "6666\n", 5, NULL));
	g_test_assert_expected_messages();
	kernel.is_torn = FALSE;
	kernel.fails = NULL;
	append(output, 0, "7\n");
	g_assert_true(vmfc_output_close(output, NULL));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "a\n1\n4\n7\n");
}

/* However much is written in a short time, the file is at most 1 MiB longer than its text. */
static void
test_most_room(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *filler = g_strnfill(100000, 'x');
	g_autofree gchar *record = g_strconcat(",\n\"", filler, "\"\n]\n", NULL);
	VmfcOutput *output = create(fixture, ".json", "[\n]\n");
	goffset most = 0;

	append(output, 2, "{}\n]\n");
	for (guint i = 0; i < 100; i++) {
		struct stat info;
		append(output, 3, record);
		g_assert_cmpint(stat(fixture->name, &info), ==, 0);
		most = MAX(most, info.st_size - vmfc_output_get_size(output));
	}
	g_assert_cmpint(most, <=, 1 << 20);
	g_assert_cmpint(most, >, 1 << 19);
	g_assert_true(vmfc_output_close(output, NULL));
}

/* After a record that was torn, the file has no room: it gets new room before it is used. */
static void
test_room_after_torn(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *record = ",\n{\"value\": 12345.678}\n]\n";
	VmfcOutput *output = create(fixture, ".json", "[\n]\n");
	g_autofree gchar *text = NULL;

	append(output, 2, "{}\n]\n");
	kernel.is_torn = TRUE;
	kernel.torn_from = strlen(record);
	g_assert_false(vmfc_output_append(output, 3, record, strlen(record), NULL));
	kernel.is_torn = FALSE;
	g_string_truncate(kernel.log, 0);
	append(output, 3, ",\n{2}\n]\n");
	assert_calls("blank run.json; text run.json; length run.json; write run.json; ");
	g_assert_true(g_file_get_contents(fixture->name, &text, NULL, NULL));
	g_assert_true(g_str_has_prefix(text, "[\n{},\n{2}\n]\n   "));
	g_assert_true(vmfc_output_close(output, NULL));
}

/* A record that is cut off gives back the blocks that were reserved for those after it. */
static void
test_reserve_after_torn(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcOutput *output = create(fixture, ".csv", "a\n");

	append(output, 0, "1\n");
	append(output, 0, "2\n");
	g_assert_cmpuint(kernel.n_reserved, ==, 1);
	kernel.is_torn = TRUE;
	g_assert_false(vmfc_output_append(output, 0, "3333\n", 5, NULL));
	kernel.is_torn = FALSE;
	append(output, 0, "4\n");
	append(output, 0, "5\n");
	g_assert_cmpuint(kernel.n_reserved, ==, 2);
	g_assert_true(vmfc_output_close(output, NULL));
}

/* A name that leads elsewhere is seen; one that cannot be examined is no reason for a new file. */
static void
test_moved(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcOutput *output = create(fixture, ".json", "[\n]\n");
	g_autofree gchar *away = g_strconcat(fixture->folder, ".away", NULL);

	g_assert_cmpint(g_rename(fixture->name, away), ==, 0);
	g_assert_cmpint(vmfc_output_look(output, FALSE), ==, VMFC_OUTPUT_INTACT);
	g_assert_cmpint(vmfc_output_look(output, TRUE), ==, VMFC_OUTPUT_MOVED);
	/* another file with that name */
	g_assert_true(g_file_set_contents(fixture->name, "[\n]\n", -1, NULL));
	g_assert_cmpint(vmfc_output_look(output, TRUE), ==, VMFC_OUTPUT_MOVED);
	g_assert_cmpint(g_rename(away, fixture->name), ==, 0);
	g_assert_cmpint(vmfc_output_look(output, TRUE), ==, VMFC_OUTPUT_INTACT);
	/* a folder that leads in a circle */
	g_assert_cmpint(g_rename(fixture->folder, away), ==, 0);
	g_assert_cmpint(vmfc_output_look(output, TRUE), ==, VMFC_OUTPUT_MOVED);
	g_assert_cmpint(symlink(fixture->folder, fixture->folder), ==, 0);
	g_assert_cmpint(vmfc_output_look(output, TRUE), ==, VMFC_OUTPUT_INTACT);
	g_assert_cmpint(g_unlink(fixture->folder), ==, 0);
	g_assert_cmpint(g_rename(away, fixture->folder), ==, 0);
	/* a file that is deleted has lost everything, also if it was truncated before */
	g_assert_cmpint(truncate(fixture->name, 1), ==, 0);
	g_assert_cmpint(g_unlink(fixture->name), ==, 0);
	g_assert_cmpint(vmfc_output_look(output, FALSE), ==, VMFC_OUTPUT_DELETED);
	g_assert_true(vmfc_output_close(output, NULL));
}

/* To a stream nothing of this can happen. */
static void
test_stream(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_assert_true(vmfc_run_files_open_stream(fixture->set, "/dev/null", NULL));
	VmfcOutput *output = create(fixture, ".json", "[\n");
	g_assert_cmpint(vmfc_output_look(output, FALSE), ==, VMFC_OUTPUT_INTACT);
	g_assert_cmpint(vmfc_output_look(output, TRUE), ==, VMFC_OUTPUT_INTACT);
	append(output, 0, "{}\n");
	g_assert_cmpint(vmfc_output_get_size(output), ==, 0);
	g_assert_true(vmfc_output_close(output, NULL));
	g_assert_false(g_file_test(fixture->name, G_FILE_TEST_EXISTS));
}

#define ADD(path, is_synced, func)                                                                 \
	g_test_add("/output-sync/" path, Fixture, is_synced, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("synced", "synced", test_synced);
	ADD("at-end", NULL, test_at_end);
	ADD("end-fails", NULL, test_end_fails);
	ADD("cut", NULL, test_cut);
	ADD("reserve", NULL, test_reserve);
	ADD("most-room", "synced", test_most_room);
	ADD("torn", NULL, test_torn);
	ADD("torn/room", "synced", test_room_after_torn);
	ADD("torn/reserve", NULL, test_reserve_after_torn);
	ADD("moved", NULL, test_moved);
	ADD("stream", NULL, test_stream);
	return g_test_run();
}
