/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What the files of the tree contain after each call, for those who keep them open as well. */

#include "powercap/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "count-entries.h"
#include "powercap/place.h"
#include "powercap/totals.h"
#include "remove-folder.h"
#include "vmfc/vmfc-plugin.h"

#define PACKAGE "devices/virtual/powercap/intel-rapl/intel-rapl:0"
#define CORE	PACKAGE "/intel-rapl:0:0"
#define LINK	"class/powercap/intel-rapl:0"

typedef struct {
	gchar *folder;
	PowercapTree *tree;
} Fixture;

static gchar *
build_path(const Fixture *fixture, const gchar *name)
{
	return g_build_filename(fixture->folder, "tree", name, NULL);
}

static void
open_tree(Fixture *fixture)
{
	g_autofree gchar *path = build_path(fixture, NULL);
	g_autoptr(GError) error = NULL;

	fixture->tree = powercap_tree_open(path, 0400, &error);
	g_assert_no_error(error);
}

static void
close_tree(Fixture *fixture)
{
	g_assert_true(powercap_tree_close(fixture->tree, NULL));
	fixture->tree = NULL;
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("vmfc-tree-XXXXXX", NULL);
	open_tree(fixture);
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	if (fixture->tree != NULL)
		close_tree(fixture);
	remove_folder(fixture->folder);
	g_free(fixture->folder);
}

static void
show(const Fixture *fixture, VmfcZone zone, guint64 energy)
{
	g_assert_true(powercap_tree_show(fixture->tree, zone, energy, NULL));
}

static void
hide(const Fixture *fixture, VmfcZone zone)
{
	g_assert_true(powercap_tree_hide(fixture->tree, zone, NULL));
}

/* Returns: a descriptor, as a reader has one that does not open the file again */
static gint
open_file(const Fixture *fixture, const gchar *name)
{
	g_autofree gchar *path = build_path(fixture, name);
	gint fd = g_open(path, O_RDONLY | O_CLOEXEC, 0);

	g_assert_cmpint(fd, >=, 0);
	return fd;
}

static void
assert_reads(gint fd, const gchar *expected)
{
	gchar text[200] = "";

	g_assert_cmpint(pread(fd, text, sizeof(text) - 1, 0), >=, 0);
	g_assert_cmpstr(text, ==, expected);
}

static void
assert_file(const Fixture *fixture, const gchar *name, const gchar *expected)
{
	gint fd = open_file(fixture, name);

	assert_reads(fd, expected);
	close(fd);
}

static gboolean
has_link(const Fixture *fixture)
{
	g_autofree gchar *path = build_path(fixture, LINK);
	return g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

/* --------------------------------------------------------------------- zones */

/* A reader that keeps the files open sees what is shown, nothing while it is hidden, then again. */
static void
test_hide(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_assert_true(powercap_tree_set_watts(fixture->tree, VMFC_ZONE_PACKAGE, 12.5, NULL));
	show(fixture, VMFC_ZONE_PACKAGE, 1234567);
	gint energy = open_file(fixture, PACKAGE "/energy_uj");
	gint watts = open_file(fixture, PACKAGE "/watts");
	assert_reads(energy, "1234567         \n");
	assert_reads(watts, "12.500000           \n");
	for (guint i = 0; i < 2; i++) {
		hide(fixture, VMFC_ZONE_PACKAGE);
		g_assert_false(has_link(fixture));
		assert_reads(energy, "");
		assert_reads(watts, "");
	}
	g_assert_true(powercap_tree_set_watts(fixture->tree, VMFC_ZONE_PACKAGE, 3, NULL));
	show(fixture, VMFC_ZONE_PACKAGE, 2);
	g_assert_true(has_link(fixture));
	assert_reads(energy, "2               \n");
	assert_reads(watts, "3.000000            \n");
	close_tree(fixture);
	assert_reads(energy, "");
	assert_reads(watts, "");
	close(energy);
	close(watts);
}

/* The counter starts again at the end of its range, and never with a longer text. */
static void
test_range(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const guint64 range = G_GUINT64_CONSTANT(9007199254740991);

	show(fixture, VMFC_ZONE_CORE, range - 1);
	assert_file(fixture, CORE "/energy_uj", "9007199254740990\n");
	show(fixture, VMFC_ZONE_CORE, range);
	assert_file(fixture, CORE "/energy_uj", "0               \n");
	show(fixture, VMFC_ZONE_CORE, range + 5);
	assert_file(fixture, CORE "/energy_uj", "5               \n");
	assert_file(fixture, CORE "/max_energy_range_uj", "9007199254740991\n");
	assert_file(fixture, CORE "/name", "core\n");
}

/* Power that is not known is an empty file, not the one of before. */
static void
test_unknown_watts(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gdouble unknown[] = {NAN, INFINITY, -INFINITY, -0.001, 1e9, 1e300};

	for (guint i = 0; i < G_N_ELEMENTS(unknown); i++) {
		g_assert_true(powercap_tree_set_watts(fixture->tree, VMFC_ZONE_CORE, 0, NULL));
		assert_file(fixture, CORE "/watts", "0.000000            \n");
		g_assert_true(
			powercap_tree_set_watts(fixture->tree, VMFC_ZONE_CORE, unknown[i], NULL));
		assert_file(fixture, CORE "/watts", "");
	}
	g_assert_true(powercap_tree_set_watts(fixture->tree, VMFC_ZONE_CORE, 999999999, NULL));
	assert_file(fixture, CORE "/watts", "999999999.000000    \n");
}

/* Of a longer text nothing is left. */
static void
test_describe(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_assert_true(powercap_tree_describe(fixture->tree, VMFC_ZONE_CORE,
					     "source estimated\nmodel 0123456789ab\n", NULL));
	g_assert_true(
		powercap_tree_describe(fixture->tree, VMFC_ZONE_CORE, "source measured\n", NULL));
	assert_file(fixture, CORE "/vmfc", "source measured\n");
}

/* A vmfc that was killed has left its link, and files that it has not emptied. */
static void
test_after_kill(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const names[] = {PACKAGE "/energy_uj", PACKAGE "/watts",
					     CORE "/energy_uj", CORE "/watts"};
	g_autofree gchar *link = build_path(fixture, LINK);

	show(fixture, VMFC_ZONE_CORE, 1);
	show(fixture, VMFC_ZONE_PACKAGE, 1);
	close_tree(fixture);
	g_assert_cmpint(symlink("../../" PACKAGE, link), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree gchar *path = build_path(fixture, names[i]);
		g_assert_cmpint(g_chmod(path, 0600), ==, 0);
		gint fd = g_open(path, O_WRONLY | O_CLOEXEC, 0);
		g_assert_cmpint(write(fd, "77\n", 3), ==, 3);
		close(fd);
	}
	open_tree(fixture);
	g_assert_false(has_link(fixture));
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		assert_file(fixture, names[i], "");
}

/* -------------------------------------------------------------------- totals */

/* The next run begins where this one has ended, zone by zone; one byte more is no such file. */
static void
test_totals(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const guint64 totals[VMFC_N_ZONES] = {1, 22, 333, 4444, 55555};
	g_autofree gchar *folder = build_path(fixture, NULL);
	g_autofree gchar *path = build_path(fixture, "totals");
	g_autoptr(GError) error = NULL;
	struct stat info;

	g_assert_cmpint(g_stat(path, &info), ==, 0);
	g_assert_cmpint(info.st_size, ==, POWERCAP_TOTALS_SIZE);
	g_assert_true(powercap_tree_keep_totals(fixture->tree, totals, NULL));
	close_tree(fixture);
	open_tree(fixture);
	for (guint i = 0; i < VMFC_N_ZONES; i++)
		g_assert_cmpuint(powercap_tree_get_total(fixture->tree, i), ==, totals[i]);
	close_tree(fixture);
	g_assert_cmpint(truncate(path, POWERCAP_TOTALS_SIZE + 1), ==, 0);
	g_assert_null(powercap_tree_open(folder, 0400, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_FORMAT);
	g_assert_nonnull(strstr(error->message, "totals is damaged"));
}

/* --------------------------------------------------------------- descriptors */

/* A zone that comes and goes for years needs no more files than one that came once. */
static void
test_descriptors(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	guint n_open = 0;

	for (guint i = 0; i < 3; i++) {
		for (guint zone = 0; zone < VMFC_N_ZONES; zone++) {
			g_assert_true(powercap_tree_describe(fixture->tree, zone, "text\n", NULL));
			g_assert_true(powercap_tree_set_watts(fixture->tree, zone, NAN, NULL));
			show(fixture, zone, i);
		}
		for (guint zone = 0; zone < VMFC_N_ZONES; zone++)
			hide(fixture, zone);
		if (i == 0)
			n_open = count_open();
		g_assert_cmpuint(count_open(), ==, n_open);
	}
}

/* What was opened is closed at the end, and where the tree is refused. */
static void
test_closed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *deep = build_path(fixture, "../a/b/c/d");
	g_autofree gchar *file = build_path(fixture, "file");
	g_autofree gchar *below_file = build_path(fixture, "file/tree");
	const gchar *const refused[] = {"/sys/x", "tree", file, below_file, fixture->folder};

	for (guint zone = 0; zone < VMFC_N_ZONES; zone++)
		show(fixture, zone, 1);
	close_tree(fixture);
	guint n_open = count_open();
	PowercapTree *tree = powercap_tree_open(deep, 0444, NULL);
	g_assert_nonnull(tree);
	g_assert_cmpuint(count_open(), ==, n_open + 4); /* the folder, totals, classes, devices */
	g_assert_true(powercap_tree_close(tree, NULL));
	g_assert_cmpuint(count_open(), ==, n_open);
	g_assert_true(g_file_set_contents(file, "", 0, NULL));
	for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(powercap_tree_open(refused[i], 0400, &error));
		g_assert_nonnull(error);
		g_assert_cmpuint(count_open(), ==, n_open);
	}
	g_unlink(file);
}

/* --------------------------------------------------------------------- links */

/* Only a link with exactly this target is the one that vmfc has made. */
static void
test_links(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gint at = g_open(fixture->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	static const gchar *const others[] = {"targe", "target2", "Target"};

	for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_cmpint(symlinkat(others[i], at, "link"), ==, 0);
		g_assert_false(powercap_place_link(at, "/x", "link", "target", &error));
		g_assert_nonnull(strstr(error->message, "/x/link is in the way: remove it"));
		g_clear_error(&error);
		g_assert_false(powercap_place_unlink(at, "/x", "link", "target", &error));
		g_assert_nonnull(strstr(error->message, "is not a link that vmfc has made"));
		g_assert_true(powercap_place_has(at, "link"));
		g_assert_cmpint(unlinkat(at, "link", 0), ==, 0);
	}
	for (guint i = 0; i < 2; i++)
		g_assert_true(powercap_place_link(at, "/x", "link", "target", NULL));
	for (guint i = 0; i < 2; i++)
		g_assert_true(powercap_place_unlink(at, "/x", "link", "target", NULL));
	g_assert_false(powercap_place_has(at, "link"));
	close(at);
}

/* What somebody has put into the tree stays, is told once, and does not keep the rest from its end.
 */
static void
test_taken(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *file = build_path(fixture, CORE "/vmfc");
	g_autofree gchar *link = build_path(fixture, LINK);
	g_autoptr(GError) error = NULL;

	show(fixture, VMFC_ZONE_PACKAGE, 1);
	show(fixture, VMFC_ZONE_CORE, 1);
	guint n_open = count_open();
	g_assert_cmpint(g_mkdir(file, 0755), ==, 0);
	g_assert_false(powercap_tree_describe(fixture->tree, VMFC_ZONE_CORE, "text\n", &error));
	g_assert_nonnull(strstr(error->message, "vmfc is not a file that vmfc has made"));
	g_assert_cmpuint(count_open(), ==, n_open);
	g_clear_error(&error);
	g_unlink(link);
	g_assert_cmpint(g_mkdir(link, 0755), ==, 0);
	g_assert_false(powercap_tree_hide(fixture->tree, VMFC_ZONE_PACKAGE, &error));
	g_assert_nonnull(strstr(error->message, "is not a link that vmfc has made"));
	assert_file(fixture, PACKAGE "/energy_uj", "");
	g_assert_cmpint(g_rmdir(link), ==, 0);
	g_assert_cmpint(g_rmdir(file), ==, 0);
	hide(fixture, VMFC_ZONE_PACKAGE);
}

/* Who may not write there is told what to do; whoever has no room is not told to become root. */
static void
test_errors(void)
{
	static const struct {
		gint failure;
		gint code;
		const gchar *end;
	} cases[] = {
		{EACCES, VMFC_ERROR_DENIED, "--set powercap.path="},
		{EPERM, VMFC_ERROR_DENIED, "--set powercap.path="},
		{EROFS, VMFC_ERROR_DENIED, "--set powercap.path="},
		{ENOSPC, VMFC_ERROR_IO, "No space left on device"},
		{EIO, VMFC_ERROR_IO, "Input/output error"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		errno = cases[i].failure;
		powercap_place_set_errno("/run/x", "file", "cannot be made", &error);
		g_assert_error(error, VMFC_ERROR, cases[i].code);
		g_assert_true(g_str_has_prefix(error->message, "/run/x/file cannot be made: "));
		g_assert_true(g_str_has_suffix(error->message, cases[i].end));
	}
}

#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("/powercap-tree/hide", test_hide);
	ADD("/powercap-tree/range", test_range);
	ADD("/powercap-tree/unknown-watts", test_unknown_watts);
	ADD("/powercap-tree/describe", test_describe);
	ADD("/powercap-tree/after-kill", test_after_kill);
	ADD("/powercap-tree/totals", test_totals);
	ADD("/powercap-tree/descriptors", test_descriptors);
	ADD("/powercap-tree/closed", test_closed);
	ADD("/powercap-tree/links", test_links);
	ADD("/powercap-tree/taken", test_taken);
	g_test_add_func("/powercap-tree/errors", test_errors);
	return g_test_run();
}
