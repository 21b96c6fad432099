/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Values of options that are just right, and those that are just not. */

#include "collect/options.h"

#include <string.h>

#include "../../built-index.h"

static VmfcOptions *
parse(const gchar *line, GError **error)
{
	g_autofree gchar *whole = g_strconcat("vmfc ", line, NULL);
	g_auto(GStrv) arguments = NULL;

	g_assert_true(g_shell_parse_argv(whole, NULL, &arguments, NULL));
	return vmfc_options_parse(arguments, built_index(), error);
}

static void
test_accepted(void)
{
	static const struct {
		const gchar *line;
		gint64 part_windows;
		gint64 part_size;
	} cases[] = {
		{"--duration 1 --interval 1", 0, 0},
		{"--duration 0 --interval 5", 0, 0},
		{"--interval 1ms", 0, 0},
		{"--grace 0.999 --interval 1", 0, 0},
		{"--no-sync --grace 0.5", 0, 0},
		/* parts of whole windows */
		{"--rotate 1s --interval 1", 1, 0},
		{"--rotate 2.9s --interval 1", 2, 0},
		{"--rotate 4K", 0, 4096},
		{"--rotate 0.1M", 0, 104858},
		{"--rotate 1h --rotate-keep 1", 3600, 0},
		{"--rotate 1h --rotate-keep 1000000", 3600, 0},
		/* an empty folder of a list is none */
		{"--plugin-path :/", 0, 0},
		{"--plugin-path /:", 0, 0},
		/* the version needs no machine */
		{"--version --root /no/such/folder", 0, 0},
		{"--seed 4294967295", 0, 0},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_test_message("%s", cases[i].line);
		g_autoptr(VmfcOptions) options = parse(cases[i].line, &error);
		g_assert_no_error(error);
		g_assert_cmpint(options->part_windows, ==, cases[i].part_windows);
		g_assert_cmpint(options->part_size, ==, cases[i].part_size);
		g_assert_cmpint(vmfc_options_are_divided(options), ==,
				cases[i].part_windows + cases[i].part_size > 0);
	}
}

static void
test_refused(void)
{
	static const gchar *const cases[][2] = {
		{"--duration 0.999 --interval 1", "--duration 0.999 is shorter than one window"},
		{"--grace 0.5 --interval 0.5", "--grace 0.5 is not shorter than one window"},
		{"--rotate 999ms --interval 1", "--rotate is '999ms', but must be"},
		{"--rotate 3.99K", "--rotate is '3.99K', but must be"},
		{"--rotate 1h --rotate-keep 1000001", "--rotate-keep is '1000001'"},
		{"--start-time 2500000000 --no-sync",
		 "--start-time and --no-sync exclude each other"},
		{"--plugin-path /:/no/such/folder:/", "--plugin-path: '/no/such/folder' is not a"},
		{"--list-plugins --root /no/such/folder", "/no/such/folder/proc does not exist"},
		{"--check --root /no/such/folder", "/no/such/folder/proc does not exist"},
		{"--meta no/such/folder/", "--meta is 'no/such/folder/', but must name"},
		{"--meta data/vm_features.csv", "--meta is 'data/vm_features.csv', but must name"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_test_message("%s", cases[i][0]);
		g_autoptr(VmfcOptions) options = parse(cases[i][0], &error);
		g_assert_null(options);
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, cases[i][1]));
	}
}

/* An instant of the first window has its fraction. */
static void
test_start_time(void)
{
	g_autoptr(VmfcOptions) options = parse("--start-time 2500000000.25", NULL);

	/* to what a double of seconds can tell */
	gint64 difference = options->start_time - G_GINT64_CONSTANT(2500000000250000000);
	g_assert_cmpint(ABS(difference), <, 1000);
}

/* A variable that is set to nothing is as one that is not set. */
static void
test_empty_root(void)
{
	g_setenv("VMFC_ROOT", "", TRUE);
	g_autoptr(VmfcOptions) options = parse("", NULL);
	g_assert_nonnull(options);
	g_assert_cmpstr(options->root, ==, "/");
	g_unsetenv("VMFC_ROOT");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_unsetenv("VMFC_ROOT");
	g_test_add_func("/options-edges/accepted", test_accepted);
	g_test_add_func("/options-edges/refused", test_refused);
	g_test_add_func("/options-edges/start-time", test_start_time);
	g_test_add_func("/options-edges/empty-root", test_empty_root);
	return g_test_run();
}
