/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output/append-file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run-folder.h"

#define ROOM 65536 /* that is made behind a text at a time */

/* --------------------------------------- what happens to a file, step by step */

/*
 * A process that is killed leaves a file as it is between two calls that change it: those that
 * do not cross a page happen whole or not at all, and neither does the copy into a mapping stop.
 * So after each call there must be in it what was there before a record, or all of it.
 */
static struct {
	const gchar *path; /* NULL: nobody looks */
	const gchar *before;
	const gchar *after;
	gboolean lines; /* are added, in one write each */
	guint n_steps;
	guint n_before;
} watch;

static gboolean
is_blank(const gchar *text)
{
	return text[strspn(text, " \n")] == '\0';
}

static void
look(void)
{
	g_autofree gchar *text = NULL;

	if (watch.path == NULL)
		return;
	g_assert_true(g_file_get_contents(watch.path, &text, NULL, NULL));
	watch.n_steps++;
	if (g_str_has_prefix(text, watch.after) && is_blank(text + strlen(watch.after)))
		return;
	watch.n_before++;
	g_assert_true(g_str_has_prefix(text, watch.before));
	g_assert_true(is_blank(text + strlen(watch.before)));
}

static gboolean
is_watched(int fd)
{
	struct stat ours, that;
	return watch.path != NULL && stat(watch.path, &ours) == 0 && fstat(fd, &that) == 0 &&
	       ours.st_ino == that.st_ino && ours.st_dev == that.st_dev;
}

ssize_t
__real_pwrite64(int fd, const void *text, size_t length, off_t at);
ssize_t
__wrap_pwrite64(int fd, const void *text, size_t length, off_t at);
ssize_t
__wrap_pwrite64(int fd, const void *text, size_t length, off_t at)
{
	off_t page = sysconf(_SC_PAGESIZE);
	g_autofree gchar *copy = g_strndup(text, length);

	if (is_watched(fd) && !is_blank(copy) && !watch.lines)
		g_assert_cmpint(at / page, ==, (at + (off_t)length - 1) / page);
	ssize_t written = __real_pwrite64(fd, text, length, at);
	look();
	return written;
}

int
__real_ftruncate64(int fd, off_t length);
int
__wrap_ftruncate64(int fd, off_t length);
int
__wrap_ftruncate64(int fd, off_t length)
{
	int result = __real_ftruncate64(fd, length);
	look();
	return result;
}

/* Before Linux 5.14 pages cannot be made writable by a call. */
static gboolean is_old_kernel;

int
__real_madvise(void *address, size_t length, int advice);
int
__wrap_madvise(void *address, size_t length, int advice);
int
__wrap_madvise(void *address, size_t length, int advice)
{
	look();
	if (!is_old_kernel)
		return __real_madvise(address, length, advice);
	errno = EINVAL;
	return -1;
}

/* ------------------------------------------------------------------ files */

static const gchar *const extensions[] = {".json", ".jsonl", ".csv", NULL};

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture_init(fixture, extensions, 0);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	empty_folder(fixture->folder);
	fixture_clear(fixture);
}

/* What is in a file that is being written, without the room behind the text. */
static gchar *
read_text(Fixture *fixture, const gchar *name)
{
	gchar *text = read_file(fixture, name);
	gsize length = strlen(text);

	while (length > 0 && text[length - 1] == ' ')
		text[--length] = '\0';
	return text;
}

/* A file that is finished has no room behind its text. */
static void
close_and_assert_file(Fixture *fixture, VmfcOutput *output, const gchar *name,
		      const gchar *expected)
{
	g_assert_true(vmfc_output_close(output, NULL));
	assert_text(fixture, name, expected);
}

/* As by default: what is written is brought onto the disk once a second. */
static void
use_sync(Fixture *fixture)
{
	vmfc_run_files_free(fixture->set);
	fixture->set = vmfc_run_files_new(fixture->name, extensions, G_GINT64_CONSTANT(1000000000));
}

static void
test_append(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcOutput *output = create(fixture, ".json", "[\n]\n");
	assert_text(fixture, "run.json", "[\n]\n");
	append(output, 2, "{}\n]\n");
	assert_text(fixture, "run.json", "[\n{}\n]\n");
	append(output, 3, ",\n{}\n]\n");
	assert_text(fixture, "run.json", "[\n{},\n{}\n]\n");
	close_and_assert_file(fixture, output, "run.json", "[\n{},\n{}\n]\n");
}

/* What replaces the end of the text never changes the length of the file, but for the room. */
static void
test_room(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	use_sync(fixture);
	VmfcOutput *output = create(fixture, ".json", "[\n]\n");
	g_autofree gchar *long_text = g_strnfill(3000, 'x');
	g_autofree gchar *record = g_strconcat(",\n\"", long_text, "\"\n]\n", NULL);
	gsize length = 0;
	guint n_changes = 0;

	append(output, 2, "{}\n]\n");
	for (guint i = 0; i < 100; i++) {
		append(output, 3, record);
		g_autofree gchar *text = read_file(fixture, "run.json");
		n_changes += strlen(text) != length;
		length = strlen(text);
	}
	g_assert_cmpuint(n_changes, ==, 4); /* 300 KB: 64, 128, 256 and 512 KiB */
	g_assert_true(vmfc_output_close(output, NULL));
	/* where nothing is replaced a reader sees each line come */
	VmfcOutput *lines = create(fixture, ".csv", "a\n");
	append(lines, 0, "1\n");
	g_autofree gchar *text = read_file(fixture, "run.csv");
	g_assert_cmpstr(text, ==, "a\n1\n");
	g_assert_true(vmfc_output_close(lines, NULL));
}

/* Records of every length over many pages, so that the ends fall everywhere. */
static void
test_across_pages(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	VmfcOutput *output = create(fixture, ".jsonl", "[]");
	g_autoptr(GString) expected = g_string_new("[]");

	for (guint i = 0; i < 300; i++) {
		g_autofree gchar *filler = g_strnfill(1 + (i * 37) % 5000 + (i % 10 == 9) * 40000,
						      (gchar)('a' + i % 26));
		g_autofree gchar *text = g_strconcat(",", filler, "]", NULL);
		append(output, 1, text);
		g_string_truncate(expected, expected->len - 1);
		g_string_append(expected, text);
		assert_text(fixture, "run.jsonl", expected->str);
	}
	close_and_assert_file(fixture, output, "run.jsonl", expected->str);
}

/* As a sink of arrays writes, or of lines, to which nothing but the line comes; with and without
 * room behind the text. */
static void
test_every_step(Fixture *fixture, gconstpointer data)
{
	gboolean lines = strchr(data, 'l') != NULL;
	is_old_kernel = strchr(data, 'o') != NULL;
	if (strchr(data, 's') != NULL)
		use_sync(fixture);
	VmfcOutput *output = create(fixture, ".json", lines ? "" : "[\n]\n");
	g_autoptr(GString) before = g_string_new(lines ? "" : "[\n]\n");
	g_autoptr(GString) after = g_string_new(NULL);
	guint n_steps = 0;

	for (guint i = 0; i < 200; i++) {
		g_autofree gchar *filler = g_strnfill(1 + (i * 379) % 5000 + (i % 10 == 9) * 20000,
						      (gchar)('a' + i % 26));
		g_autofree gchar *text = lines ? g_strconcat("{", filler, "}\n", NULL)
					       : g_strconcat(i == 0 ? "" : ",\n", "{", filler,
							     "}\n]\n", NULL);
		gsize overwrite = lines ? 0 : i == 0 ? 2 : 3;
		g_string_assign(after, before->str);
		g_string_truncate(after, after->len - overwrite);
		g_string_append(after, text);
		watch.path = fixture->name;
		watch.before = before->str;
		watch.after = after->str;
		watch.lines = lines;
		watch.n_steps = 0;
		append(output, overwrite, text);
		if (lines) {
			g_assert_cmpuint(watch.n_steps, ==, 1);
			assert_text(fixture, "run.json", after->str);
		}
		n_steps += watch.n_steps;
		watch.n_before = 0;
		look();
		g_assert_cmpuint(watch.n_before, ==, 0);
		watch.path = NULL;
		g_string_assign(before, after->str);
	}
	g_assert_cmpuint(n_steps, >=, lines ? 200 : 400);
	close_and_assert_file(fixture, output, "run.json", after->str);
}

static void
set_file_size_limit(rlim_t limit)
{
	struct rlimit both;
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &both), ==, 0);
	both.rlim_cur = limit;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &both), ==, 0);
}

/* A limit on the file's size refuses like a full disk, and takes the first part as well. */
static void
test_full(Fixture *fixture, gconstpointer limit)
{
	if (GPOINTER_TO_UINT(limit) > ROOM)
		use_sync(fixture);
	VmfcOutput *output = create(fixture, ".json", "[\n]\n");
	g_autofree gchar *long_text = g_strnfill(3000, 'x');
	g_autofree gchar *record = g_strconcat(",\n{", long_text, "}\n]\n", NULL);
	g_autoptr(GError) error = NULL;

	signal(SIGXFSZ, SIG_IGN);
	append(output, 2, "{}\n]\n");
	set_file_size_limit(GPOINTER_TO_UINT(limit));
	while (vmfc_output_append(output, 3, record, strlen(record), &error))
		;
	set_file_size_limit(RLIM_INFINITY);
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_nonnull(strstr(error->message, "run.json cannot be written: File too large"));
	g_autofree gchar *text = read_text(fixture, "run.json");
	g_assert_true(g_str_has_suffix(text, "}\n]\n"));
	/* and it goes on when there is room again */
	append(output, 3, ",\n{1}\n]\n");
	text[strlen(text) - 3] = '\0';
	g_autofree gchar *expected = g_strconcat(text, ",\n{1}\n]\n", NULL);
	close_and_assert_file(fixture, output, "run.json", expected);
}

/* A full disk refuses a line as a whole: no part of one is ever there, nor taken back. */
static void
test_full_lines(Fixture *fixture, gconstpointer limit)
{
	VmfcOutput *output = create(fixture, ".csv", "a\r\n");
	g_autofree gchar *line = g_strnfill(3000, 'x');
	g_autoptr(GError) error = NULL;

	signal(SIGXFSZ, SIG_IGN);
	line[2999] = '\n';
	set_file_size_limit(GPOINTER_TO_UINT(limit));
	while (vmfc_output_append(output, 0, line, strlen(line), &error))
		;
	set_file_size_limit(RLIM_INFINITY);
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_autofree gchar *text = read_file(fixture, "run.csv");
	g_assert_cmpuint(strlen(text), ==, GPOINTER_TO_UINT(limit) / 3000 * 3000 + 3);
	append(output, 0, "1\n");
	g_autofree gchar *expected = g_strconcat(text, "1\n", NULL);
	close_and_assert_file(fixture, output, "run.csv", expected);
}

static void
expect_message(const gchar *pattern)
{
	g_test_expect_message("vmfc", G_LOG_LEVEL_MESSAGE, pattern);
}

static void
test_keeps_old(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint run = 1; run <= 3; run++) {
		g_autoptr(VmfcRunFiles) set = vmfc_run_files_new(fixture->name, extensions, 0);
		static const gchar *const written[] = {".json", ".csv"};
		for (guint i = 0; i < G_N_ELEMENTS(written); i++) {
			g_autofree gchar *mark = g_strdup_printf("run %u", run);
			g_autofree gchar *said = g_strdup_printf(
				"*run%s exists already; vmfc renamed it to *run.%u%s", written[i],
				run - 1, written[i]);
			if (run > 1)
				expect_message(said);
			VmfcOutput *output = vmfc_output_create(set, written[i], mark, NULL, NULL);
			g_test_assert_expected_messages();
			g_assert_true(vmfc_output_close(output, NULL));
		}
	}
	assert_text(fixture, "run.1.json", "run 1");
	assert_text(fixture, "run.1.csv", "run 1");
	assert_text(fixture, "run.2.json", "run 2");
	assert_text(fixture, "run.json", "run 3");
}

static void
test_two_at_once(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(VmfcRunFiles) other = vmfc_run_files_new(fixture->name, extensions, 0);
	g_autoptr(GError) error = NULL;
	VmfcOutput *output = create(fixture, ".json", "first");

	g_assert_null(vmfc_output_create(other, ".json", "second", NULL, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_IO);
	g_assert_nonnull(strstr(error->message, "run.json: choose another name with --output"));
	assert_text(fixture, "run.json", "first");
	g_assert_true(vmfc_output_close(output, NULL));
}

static void
test_no_file(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *inner = g_build_filename(fixture->folder, "run.json", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(g_mkdir(inner, 0700), ==, 0);
	g_assert_null(vmfc_output_create(fixture->set, ".json", "", NULL, &error));
	g_assert_nonnull(strstr(error->message, "run.json exists and is not a regular file"));
	g_rmdir(inner);
}

#define ADD(path, data, func) g_test_add("/output/" path, Fixture, data, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("append", NULL, test_append);
	ADD("room", NULL, test_room);
	ADD("across-pages", NULL, test_across_pages);
	ADD("every-step/array", "s", test_every_step);
	ADD("every-step/array/no-sync", "", test_every_step);
	ADD("every-step/array/old-kernel", "so", test_every_step);
	ADD("every-step/lines", "ls", test_every_step);
	ADD("full/no-sync/within-page", GUINT_TO_POINTER(7000), test_full);
	ADD("full/no-sync/across-pages", GUINT_TO_POINTER(5000), test_full);
	ADD("full/no-sync/at-page", GUINT_TO_POINTER(4096), test_full);
	ADD("full/within-page", GUINT_TO_POINTER(ROOM + 7000), test_full);
	ADD("full/across-pages", GUINT_TO_POINTER(ROOM + 5000), test_full);
	ADD("full/at-page", GUINT_TO_POINTER(ROOM + 4096), test_full);
	ADD("full/lines", GUINT_TO_POINTER(100000), test_full_lines);
	ADD("keeps-old", NULL, test_keeps_old);
	ADD("two-at-once", NULL, test_two_at_once);
	ADD("no-file", NULL, test_no_file);
	return g_test_run();
}
