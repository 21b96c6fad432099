/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The names of a run's files and parts, and what is kept of earlier runs. */

#include "output/run-files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run-folder.h"
#include "vmfc/vmfc-plugin.h"

static const gchar *const extensions[] = {".json", ".csv", NULL};

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture_init(fixture, extensions, 0);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_test_assert_expected_messages();
	empty_folder(fixture->folder);
	fixture_clear(fixture);
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const gchar *const *)a, *(const gchar *const *)b);
}

static GPtrArray *
list_folder(const gchar *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	const gchar *name;

	while ((name = g_dir_read_name(dir)) != NULL)
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, compare_names);
	return names;
}

/* Creates files in the folder whose text is their name. @names: with a blank between two */
static void
make_files(Fixture *fixture, const gchar *names)
{
	g_auto(GStrv) all = g_strsplit(names, " ", -1);

	for (guint i = 0; all[i] != NULL; i++) {
		g_autofree gchar *path = g_build_filename(fixture->folder, all[i], NULL);
		g_assert_true(g_file_set_contents(path, all[i], -1, NULL));
	}
}

/* @names: all that are in the folder, sorted, with a blank between two */
static void
assert_files(Fixture *fixture, const gchar *names)
{
	g_autoptr(GPtrArray) found = list_folder(fixture->folder);
	g_ptr_array_add(found, NULL);
	g_autofree gchar *joined = g_strjoinv(" ", (gchar **)found->pdata);
	g_assert_cmpstr(joined, ==, names);
}

static void
expect_renamed(const gchar *from, const gchar *to)
{
	g_autofree gchar *pattern = g_strdup_printf("*/%s exists already; vmfc renamed it to */%s",
						    from, to);
	g_test_expect_message("vmfc", G_LOG_LEVEL_MESSAGE, pattern);
}

static void
assert_refused(gboolean done, GError **error, const gchar *reason)
{
	g_assert_false(done);
	g_assert_error(*error, VMFC_ERROR, VMFC_ERROR_IO);
	g_test_message("%s", (*error)->message);
	g_assert_nonnull(strstr((*error)->message, reason));
	g_clear_error(error);
}

/* --------------------------------------------------------- earlier runs */

/* One more than the highest number of a file of this run, in whatever order they are found. */
static void
test_numbers(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint highest = 8; highest < 24; highest++) {
		g_autoptr(VmfcRunFiles) set = vmfc_run_files_new(fixture->name, extensions, 0);
		g_autofree gchar *kept = g_strdup_printf("run.%u.json", highest + 1);
		/* what looks like one, but is of another run, or has no number */
		make_files(fixture, "run.json runny.70.json run.80 run.x90.json run.90x.json "
				    "run1100.json run..json run.99999999999.json arun.95.json "
				    "run.4294967295.json run.99999999999999999999.json");
		for (guint i = 0; i <= highest; i++) {
			g_autofree gchar *name = g_strdup_printf("run.%u.%s",
								 highest % 2 == 0 ? i : highest - i,
								 i % 2 == 0 ? "json" : "csv");
			make_files(fixture, name);
		}
		expect_renamed("run.json", kept);
		g_assert_true(vmfc_run_files_keep_old(set, ".json", NULL));
		assert_text(fixture, kept, "run.json");
		empty_folder(fixture->folder);
	}
}

/* All files of an earlier run get one number, and nothing else is touched. */
static void
test_earlier_run(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *folder = g_build_filename(fixture->folder, "run.csv", NULL);

	make_files(fixture, "run.json run.meta.json run.2.csv run.txt");
	/* what is no file does not belong to a run */
	g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
	expect_renamed("run.json", "run.3.json");
	expect_renamed("run.meta.json", "run.3.meta.json");
	g_assert_true(vmfc_run_files_keep_run(fixture->set, NULL));
	assert_files(fixture, "run.2.csv run.3.json run.3.meta.json run.csv run.txt");
}

/* Files without a meta file are not of a run: they are renamed one by one, when one is created. */
static void
test_other_files(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make_files(fixture, "run.csv run.json");
	g_assert_true(vmfc_run_files_keep_run(fixture->set, NULL));
	assert_files(fixture, "run.csv run.json");
	expect_renamed("run.csv", "run.1.csv");
	g_assert_true(vmfc_run_files_keep_old(fixture->set, ".csv", NULL));
	assert_files(fixture, "run.1.csv run.json");
	/* other programs have taken the next numbers since */
	make_files(fixture, "run.1.json run.2.json run.3.json run.4.json run.5.json run.6.json");
	expect_renamed("run.json", "run.7.json");
	g_assert_true(vmfc_run_files_keep_old(fixture->set, ".json", NULL));
	assert_text(fixture, "run.1.json", "run.1.json");
	assert_text(fixture, "run.2.json", "run.2.json");
	assert_text(fixture, "run.7.json", "run.json");
}

/* A run without files keeps what is there. */
static void
test_without_files(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	make_files(fixture, "run.csv run.json run.meta.json");
	vmfc_run_files_leave_empty(fixture->set);
	g_assert_null(vmfc_run_files_get_meta(fixture->set));
	g_assert_true(vmfc_run_files_hold(fixture->set, NULL));
	g_assert_true(vmfc_run_files_keep_run(fixture->set, NULL));
	g_assert_true(vmfc_run_files_write_meta(fixture->set, "{}", NULL));
	assert_files(fixture, "run.csv run.json run.meta.json");
}

/* A link is renamed, and not the file that it leads to, even if that is in use. */
static void
test_link(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *target = g_build_filename(fixture->folder, "target", NULL);

	make_files(fixture, "target");
	gint fd = open(target, O_RDONLY | O_CLOEXEC);
	g_assert_cmpint(flock(fd, LOCK_EX), ==, 0);
	g_assert_cmpint(symlink("target", fixture->name), ==, 0);
	expect_renamed("run.json", "run.1.json");
	g_assert_true(vmfc_run_files_keep_old(fixture->set, ".json", NULL));
	assert_files(fixture, "run.1.json target");
	close(fd);
}

/* A run that goes on is not disturbed: its meta file stays locked. */
static void
test_busy(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(VmfcRunFiles) other = vmfc_run_files_new(fixture->name, extensions, 0);
	g_autoptr(GError) error = NULL;

	g_assert_true(vmfc_run_files_write_meta(fixture->set, "one", NULL));
	make_files(fixture, "run.json");
	assert_refused(vmfc_run_files_keep_run(other, &error), &error, "another vmfc is writing");
	assert_files(fixture, "run.json run.meta.json");
	/* nor is the meta file that it has replaced */
	g_assert_true(vmfc_run_files_write_meta(fixture->set, "two", NULL));
	assert_refused(vmfc_run_files_keep_run(other, &error), &error, "another vmfc is writing");
	assert_text(fixture, "run.meta.json", "two");
	g_clear_pointer(&fixture->set, vmfc_run_files_free);
	fixture->set = vmfc_run_files_new(fixture->name, extensions, 0);
	expect_renamed("run.json", "run.1.json");
	expect_renamed("run.meta.json", "run.1.meta.json");
	g_assert_true(vmfc_run_files_keep_run(other, NULL));
}

/* ----------------------------------------------------------- meta files */

/* The first meta file of a run never replaces another file. */
static void
test_meta_taken(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	make_files(fixture, "run.meta.json");
	assert_refused(vmfc_run_files_write_meta(fixture->set, "one", &error), &error,
		       "File exists");
	assert_text(fixture, "run.meta.json", "run.meta.json");
}

/* Where the user names the meta file, an old one gets a number of its own. */
static void
test_meta_elsewhere(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *meta = g_build_filename(fixture->folder, "about.txt", NULL);
	g_autofree gchar *json = g_build_filename(fixture->folder, "about.json", NULL);

	make_files(fixture, "about.txt about.json run.4.json");
	vmfc_run_files_put_meta(fixture->set, meta);
	expect_renamed("about.txt", "about.txt.1");
	g_assert_true(vmfc_run_files_keep_run(fixture->set, NULL));
	g_assert_true(vmfc_run_files_write_meta(fixture->set, "new", NULL));
	vmfc_run_files_put_meta(fixture->set, json);
	expect_renamed("about.json", "about.1.json");
	g_assert_true(vmfc_run_files_keep_run(fixture->set, NULL));
	assert_text(fixture, "about.txt", "new");
	assert_text(fixture, "about.txt.1", "about.txt");
	assert_text(fixture, "about.1.json", "about.json");
}

static gboolean
is_locked(const gchar *folder)
{
	gint fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	gboolean locked = flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;

	close(fd);
	return locked;
}

/* Both folders are locked while the files are created; one folder is locked once. */
static void
test_hold(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *folder = g_build_filename(fixture->folder, "inner", NULL);
	g_autofree gchar *meta = g_build_filename(folder, "run.meta.json", NULL);

	g_assert_true(vmfc_run_files_hold(fixture->set, NULL));
	g_assert_true(is_locked(fixture->folder));
	vmfc_run_files_release(fixture->set);
	g_assert_false(is_locked(fixture->folder));
	vmfc_run_files_put_meta(fixture->set, meta);
	g_assert_true(vmfc_run_files_hold(fixture->set, NULL));
	g_assert_true(is_locked(fixture->folder));
	g_assert_true(is_locked(folder));
	vmfc_run_files_release(fixture->set);
	g_assert_false(is_locked(fixture->folder));
	g_assert_false(is_locked(folder));
}

/* ---------------------------------------------------------------- parts */

/* Writes a part, and ends it with a meta file. */
static void
end_part(Fixture *fixture, const gchar *names, const gchar *meta)
{
	make_files(fixture, names);
	g_assert_true(vmfc_run_files_end_part(fixture->set, meta, NULL));
}

static void
add_paths(Fixture *fixture)
{
	for (guint i = 0; extensions[i] != NULL; i++) {
		g_autofree gchar *path = vmfc_run_files_build_path(fixture->set, extensions[i]);
		vmfc_run_files_add_path(fixture->set, path);
		vmfc_run_files_add_path(fixture->set, path);
	}
	g_assert_cmpuint(vmfc_run_files_get_paths(fixture->set)->len, ==, 2);
}

/* The newest parts are kept, each with its meta file. */
static void
test_parts_kept(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_run_files_divide(fixture->set, 2);
	add_paths(fixture);
	end_part(fixture, "run.csv run.json", "one");
	end_part(fixture, "run.csv run.json", "two");
	assert_files(fixture, "run.0001.csv run.0001.json run.0001.meta.json "
			      "run.0002.csv run.0002.json run.0002.meta.json");
	/* a file that another program has taken away is no error */
	end_part(fixture, "run.json", "three");
	assert_files(fixture, "run.0002.csv run.0002.json run.0002.meta.json "
			      "run.0003.json run.0003.meta.json");
	assert_text(fixture, "run.0002.meta.json", "two");
	assert_text(fixture, "run.0003.meta.json", "three");
	end_part(fixture, "run.csv run.json", "four");
	end_part(fixture, "run.csv run.json", "five");
	assert_files(fixture, "run.0004.csv run.0004.json run.0004.meta.json "
			      "run.0005.csv run.0005.json run.0005.meta.json");
}

/* Parts that an earlier run has left are removed as well, up to the first gap. */
static void
test_parts_left(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_run_files_divide(fixture->set, 1);
	add_paths(fixture);
	make_files(fixture,
		   "run.0001.json run.0003.json run.0004.meta.json run.0005.csv run.0006.json");
	end_part(fixture, "run.json", "seven");
	assert_files(fixture, "run.0001.json run.0007.json run.0007.meta.json");
}

static void
test_all_parts(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_run_files_divide(fixture->set, 0);
	add_paths(fixture);
	vmfc_run_files_leave_empty(fixture->set);
	for (guint i = 0; i < 3; i++)
		end_part(fixture, "run.csv", "no meta file");
	assert_files(fixture, "run.0001.csv run.0002.csv run.0003.csv");
}

/* An earlier run whose file comes in the way after a part gets the next free number. */
static void
test_part_then_old(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	vmfc_run_files_divide(fixture->set, 0);
	add_paths(fixture);
	end_part(fixture, "run.json", "one");
	make_files(fixture, "run.csv");
	expect_renamed("run.csv", "run.0002.csv");
	g_assert_true(vmfc_run_files_keep_old(fixture->set, ".csv", NULL));
	end_part(fixture, "run.json", "three");
	assert_files(fixture, "run.0001.json run.0001.meta.json run.0002.csv run.0003.json "
			      "run.0003.meta.json");
	/* and not one that is free again, or still */
	make_files(fixture, "run.json");
	expect_renamed("run.json", "run.0004.json");
	g_assert_true(vmfc_run_files_keep_old(fixture->set, ".json", NULL));
}

/* A run that begins its next part goes on: its meta file stays locked, and that of the part is
 * free.
 */
static void
test_part_busy(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(VmfcRunFiles) other = vmfc_run_files_new(fixture->name, extensions, 0);
	g_autofree gchar *part = g_build_filename(fixture->folder, "run.0001", NULL);
	g_autoptr(VmfcRunFiles) of_part = vmfc_run_files_new(part, extensions, 0);
	g_autoptr(GError) error = NULL;

	vmfc_run_files_divide(fixture->set, 0);
	add_paths(fixture);
	g_assert_true(vmfc_run_files_write_meta(fixture->set, "all", NULL));
	end_part(fixture, "run.json", "one");
	assert_refused(vmfc_run_files_keep_run(other, &error), &error, "another vmfc is writing");
	g_test_expect_message("vmfc", G_LOG_LEVEL_MESSAGE, "*run.0001.json exists already; *");
	g_test_expect_message("vmfc", G_LOG_LEVEL_MESSAGE, "*run.0001.meta.json exists already; *");
	g_assert_true(vmfc_run_files_keep_run(of_part, NULL));
	g_test_assert_expected_messages();
	assert_text(fixture, "run.meta.json", "all");
}

#define ADD(path, func) g_test_add("/run-files/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("numbers", test_numbers);
	ADD("earlier-run", test_earlier_run);
	ADD("other-files", test_other_files);
	ADD("without-files", test_without_files);
	ADD("link", test_link);
	ADD("busy", test_busy);
	ADD("meta/taken", test_meta_taken);
	ADD("meta/elsewhere", test_meta_elsewhere);
	ADD("hold", test_hold);
	ADD("parts/kept", test_parts_kept);
	ADD("parts/left", test_parts_left);
	ADD("parts/all", test_all_parts);
	ADD("parts/then-old", test_part_then_old);
	ADD("parts/busy", test_part_busy);
	return g_test_run();
}
