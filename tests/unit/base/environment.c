/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What remains of the environment of a vmfc that has more rights than the user who started it. */

#include "base/environment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/file-trust.h"
#include "vmfc/vmfc-plugin.h"

/* In place of the core's and the C library's, see meson.build. */
static struct {
	gboolean is_privileged;
	uid_t user;
	const gchar *distrusted; /* a part of the paths of folders that others can write to */
} kernel;

#pragma GCC visibility push(default)
gboolean
__wrap_vmfc_file_trust_is_privileged(void);
gboolean
__wrap_vmfc_file_trust_check(const gchar *path, GError **error);
uid_t
__wrap_geteuid(void);
#pragma GCC visibility pop

gboolean
__wrap_vmfc_file_trust_is_privileged(void)
{
	return kernel.is_privileged;
}

gboolean
__wrap_vmfc_file_trust_check(const gchar *path, GError **error)
{
	/* what is checked is what links lead to */
	g_autofree gchar *real = realpath(path, NULL);
	g_assert_cmpstr(path, ==, real);
	if (kernel.distrusted == NULL || strstr(path, kernel.distrusted) == NULL)
		return TRUE;
	g_set_error(error, VMFC_ERROR, VMFC_ERROR_DENIED, "others can write to it");
	return FALSE;
}

uid_t
__wrap_geteuid(void)
{
	return kernel.user;
}

typedef struct {
	gchar *folder;
	gchar *good;   /* a folder in it */
	gchar *bad;    /* one that is not trusted */
	gchar *sticky; /* as /tmp */
	gchar *link;   /* to the good one */
} Fixture;

static gchar *
make_folder(const Fixture *fixture, const gchar *name, mode_t mode)
{
	gchar *path = g_build_filename(fixture->folder, name, NULL);

	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	g_assert_cmpint(g_chmod(path, mode), ==, 0);
	return path;
}

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *given = g_dir_make_tmp("vmfc-env-XXXXXX", NULL);

	fixture->folder = realpath(given, NULL);
	fixture->good = make_folder(fixture, "good", 0755);
	fixture->bad = make_folder(fixture, "bad", 0755);
	fixture->sticky = make_folder(fixture, "sticky", 01775);
	fixture->link = g_build_filename(fixture->folder, "link", NULL);
	g_assert_cmpint(symlink("good", fixture->link), ==, 0);
	kernel = (typeof(kernel)){.is_privileged = TRUE, .distrusted = "/bad"};
	clearenv();
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_unlink(fixture->link);
	g_rmdir(fixture->good);
	g_rmdir(fixture->bad);
	g_rmdir(fixture->sticky);
	g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
	g_free(fixture->folder);
	g_free(fixture->good);
	g_free(fixture->bad);
	g_free(fixture->sticky);
	g_free(fixture->link);
}

/* All of those that are unsafe go, also two in a row, and no others. */
static void
test_variables(G_GNUC_UNUSED Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const unsafe[] = {
		"LD_PRELOAD", "LD_AUDIT",      "GLIBC_TUNABLES", "G_DEBUG",	  "GIO_MODULE_DIR",
		"SOUP_X",     "SSL_CERT_FILE", "KRB5CCNAME",	 "SSLKEYLOGFILE", "TZDIR",
	};
	static const gchar *const safe[] = {"LD",     "GLIBC_TUNABLES_X", "TZ",
					    "TZDIRS", "MY_LD_PRELOAD",	  "LANG",
					    "GI",     "VMFC_ROOT"};

	for (guint turn = 0; turn < 2; turn++) {
		clearenv();
		kernel.is_privileged = turn == 0;
		for (guint i = 0; i < G_N_ELEMENTS(unsafe); i++)
			g_assert_cmpint(setenv(unsafe[i], "x", TRUE), ==, 0);
		for (guint i = 0; i < G_N_ELEMENTS(safe); i++)
			g_assert_cmpint(setenv(safe[i], "x", TRUE), ==, 0);
		g_autofree gchar *warning = vmfc_environment_clear();
		g_assert_null(warning);
		for (guint i = 0; i < G_N_ELEMENTS(unsafe); i++)
			g_assert_cmpint(getenv(unsafe[i]) != NULL, ==, turn == 1);
		for (guint i = 0; i < G_N_ELEMENTS(safe); i++)
			g_assert_nonnull(getenv(safe[i]));
	}
}

/* @path: of PATH; @expected: what it becomes; @ignored: the folder of the warning; NULL: none */
static void
check_path(const gchar *path, const gchar *expected, const gchar *ignored)
{
	g_assert_cmpint(setenv("PATH", path, TRUE), ==, 0);
	g_autofree gchar *warning = vmfc_environment_clear();
	g_assert_cmpstr(getenv("PATH"), ==, expected);
	g_assert_cmpint(warning != NULL, ==, ignored != NULL);
	if (ignored == NULL)
		return;
	g_autofree gchar *start = g_strdup_printf("vmfc ignores the folder %s in PATH: ", ignored);
	g_assert_true(g_str_has_prefix(warning, start));
}

/* Programs are searched only where no other user can put one. */
static void
test_path(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *standard = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	const gchar *good = fixture->good;
	g_autofree gchar *mixed = g_strjoin(":", "", ".", good, "/no/such/folder", fixture->bad,
					    fixture->link, fixture->sticky, NULL);
	g_autofree gchar *expected = g_strjoin(":", good, good, NULL);

	check_path(mixed, expected, fixture->bad);
	check_path(good, good, NULL);
	check_path(fixture->sticky, standard, fixture->sticky);
	check_path("", "/nonexistent", NULL);
	check_path(".", "/nonexistent", NULL);
	/* others can write to a sticky folder by its group, or all of them; not if only its owner
	 * can */
	g_assert_cmpint(g_chmod(fixture->sticky, 01757), ==, 0);
	check_path(fixture->sticky, standard, fixture->sticky);
	g_assert_cmpint(g_chmod(fixture->sticky, 01755), ==, 0);
	check_path(fixture->sticky, fixture->sticky, NULL);
	/* one who is not root gets no rights that a program could have from vmfc */
	kernel.user = 1000;
	check_path(mixed, mixed, NULL);
}

/* Folders of the user's own configuration count only if they are the user's own. */
static void
test_homes(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *both = g_strjoin(":", fixture->good, fixture->bad, NULL);

	setenv("XDG_CONFIG_HOME", fixture->good, TRUE);
	setenv("XDG_DATA_HOME", fixture->bad, TRUE);
	setenv("XDG_DATA_DIRS", both, TRUE);
	setenv("XDG_CACHE_HOME", "/no/such/folder", TRUE);
	setenv("HOME", fixture->bad, TRUE);
	g_free(vmfc_environment_clear());
	g_assert_cmpstr(getenv("XDG_CONFIG_HOME"), ==, fixture->good);
	g_assert_null(getenv("XDG_DATA_HOME"));
	g_assert_null(getenv("XDG_DATA_DIRS"));
	g_assert_null(getenv("XDG_CACHE_HOME"));
	g_assert_cmpstr(getenv("HOME"), !=, fixture->bad);
	setenv("HOME", fixture->good, TRUE);
	g_free(vmfc_environment_clear());
	g_assert_cmpstr(getenv("HOME"), ==, fixture->good);
}

#define ADD(path, func) g_test_add("/environment/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("variables", test_variables);
	ADD("path", test_path);
	ADD("homes", test_homes);
	return g_test_run();
}
