/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "output/output-name.h"

#include "output/run-files.h"

static const gchar *const extensions[] = {".json", ".csv", ".tray.json", NULL};

static void
test_strip(void)
{
	static const gchar *const cases[][2] = {
		{"data/run.json", "data/run"}, {"run", "run"},
		{"run.tray.json", "run"},      {"run.txt", "run.txt"},
		{"run.json.csv", "run.json"},  {"run.json/x", "run.json/x"},
		{"runjson", "runjson"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree gchar *name = vmfc_output_name_strip(cases[i][0], extensions);
		g_assert_cmpstr(name, ==, cases[i][1]);
	}
}

static void
test_is_of_run(void)
{
	static const gchar *const of_run[] = {"a/run.json", "a/run.csv", "a/run.tray.json"};
	static const gchar *const others[] = {"a/run", "a/run.meta.json", "b/run.csv", "run.csv",
					      "a/run.json.csv"};

	for (guint i = 0; i < G_N_ELEMENTS(of_run); i++)
		g_assert_true(vmfc_output_name_is_of_run(of_run[i], "a/run.csv", extensions));
	for (guint i = 0; i < G_N_ELEMENTS(others); i++)
		g_assert_false(vmfc_output_name_is_of_run(others[i], "a/run.csv", extensions));
	g_assert_true(vmfc_output_name_is_of_run("a/run.txt", "a/run.txt", extensions));
}

/* The name follows from all extensions, in whatever order they become known. */
static void
test_extension_added(void)
{
	static const gchar *const known[] = {".json", NULL};
	g_autoptr(VmfcRunFiles) set = vmfc_run_files_new("a/run.tray.json", known, 0);

	g_assert_cmpstr(vmfc_run_files_get_meta(set), ==, "a/run.tray.meta.json");
	vmfc_run_files_add_extension(set, ".tray.json");
	vmfc_run_files_add_extension(set, ".csv");
	vmfc_run_files_add_extension(set, ".csv");
	g_assert_cmpstr(vmfc_run_files_get_meta(set), ==, "a/run.meta.json");
	g_assert_cmpuint(g_strv_length((GStrv)vmfc_run_files_get_extensions(set)), ==, 3);
	g_autofree gchar *path = vmfc_run_files_build_path(set, ".csv");
	g_assert_cmpstr(path, ==, "a/run.csv");
}

/* Where the user says where the meta file goes, it goes there. */
static void
test_meta_stays(void)
{
	static const gchar *const none[] = {NULL};
	g_autoptr(VmfcRunFiles) set = vmfc_run_files_new("run.json", none, 0);

	vmfc_run_files_put_meta(set, "elsewhere.json");
	vmfc_run_files_add_extension(set, ".json");
	g_assert_cmpstr(vmfc_run_files_get_meta(set), ==, "elsewhere.json");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/output-name/strip", test_strip);
	g_test_add_func("/output-name/is-of-run", test_is_of_run);
	g_test_add_func("/output-name/extension-added", test_extension_added);
	g_test_add_func("/output-name/meta-stays", test_meta_stays);
	return g_test_run();
}
