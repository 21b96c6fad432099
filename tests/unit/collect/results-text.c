/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What the user reads when a run begins, and where the summary goes at its end. */

#include "collect/results.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define SECOND G_GINT64_CONSTANT(1000000000)

/* In place of the C library's, see meson.build: whether it is a terminal. */
static gboolean is_terminal;

#pragma GCC visibility push(default)
int
__wrap_isatty(int fd);
#pragma GCC visibility pop

int
__wrap_isatty(G_GNUC_UNUSED int fd)
{
	return is_terminal;
}

typedef struct {
	VmfcSchema *schema;
	VmfcOptions options;
	VmfcRunFiles *outputs;
	VmfcResults *results;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const extensions[] = {".json", NULL};

	fixture->schema = vmfc_schema_new();
	vmfc_schema_freeze(fixture->schema);
	fixture->options = (VmfcOptions){
		.interval = SECOND / 4,
		.duration = 30 * SECOND,
		.plugins = (gchar *)"cpu,mem",
		.output = (gchar *)"a/run.json",
	};
	fixture->outputs = vmfc_run_files_new(fixture->options.output, extensions, 0);
	const VmfcMeta meta = {.options = &fixture->options, .schema = fixture->schema};
	fixture->results = vmfc_results_new(&meta, fixture->outputs);
	is_terminal = TRUE;
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_test_assert_expected_messages();
	vmfc_results_free(fixture->results);
	vmfc_run_files_free(fixture->outputs);
	vmfc_schema_free(fixture->schema);
}

static void
announce(Fixture *fixture, GLogLevelFlags level, const gchar *expected)
{
	g_test_expect_message("vmfc", level, expected);
	vmfc_results_announce(fixture->results);
	g_test_assert_expected_messages();
}

/* What is collected, for how long, and into what. */
static void
test_announce(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	announce(fixture, G_LOG_LEVEL_MESSAGE,
		 "collecting cpu,mem every 0.25 s for 30 s into no file");
	fixture->options.duration = 0;
	vmfc_run_files_add_path(fixture->outputs, "a/run.json");
	announce(fixture, G_LOG_LEVEL_MESSAGE,
		 "collecting cpu,mem every 0.25 s until Ctrl-C into a/run.json");
	vmfc_run_files_add_path(fixture->outputs, "a/run.csv");
	announce(fixture, G_LOG_LEVEL_MESSAGE, "* into a/run.json and a/run.csv");
	vmfc_run_files_add_path(fixture->outputs, "a/run.txt");
	announce(fixture, G_LOG_LEVEL_MESSAGE, "* into a/run.json, a/run.csv and a/run.txt");
	/* a log needs it only with --verbose */
	is_terminal = FALSE;
	announce(fixture, G_LOG_LEVEL_INFO, "* into a/run.json, a/run.csv and a/run.txt");
}

static void
test_announce_stream(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->options.is_stream = TRUE;
	fixture->options.output = (gchar *)"-";
	announce(fixture, G_LOG_LEVEL_MESSAGE, "* into standard output");
	fixture->options.output = (gchar *)"/run/pipe";
	announce(fixture, G_LOG_LEVEL_MESSAGE, "* into /run/pipe");
}

/* Sends standard output and standard error into files. Returns: (transfer full): both texts */
static GStrv
capture(const Fixture *fixture)
{
	FILE *const streams[] = {stdout, stderr};
	const VmfcWriterResult result = {.n_dropped = 3};
	GStrv texts = g_new0(gchar *, 3);
	gint saved[2];
	g_autofree gchar *folder = g_dir_make_tmp("vmfc-text-XXXXXX", NULL);
	g_autofree gchar *path = g_build_filename(folder, "text", NULL);

	for (guint i = 0; i < 2; i++) {
		g_autofree gchar *into = g_strdup_printf("%s%u", path, i);
		fflush(streams[i]);
		saved[i] = dup(fileno(streams[i]));
		FILE *file = fopen(into, "w");
		g_assert_cmpint(dup2(fileno(file), fileno(streams[i])), >=, 0);
		fclose(file);
	}
	vmfc_results_print(fixture->results, &result, 0);
	for (guint i = 0; i < 2; i++) {
		g_autofree gchar *from = g_strdup_printf("%s%u", path, i);
		fflush(streams[i]);
		g_assert_cmpint(dup2(saved[i], fileno(streams[i])), >=, 0);
		close(saved[i]);
		g_assert_true(g_file_get_contents(from, &texts[i], NULL, NULL));
		g_unlink(from);
	}
	g_rmdir(folder);
	return texts;
}

/* The summary, and the files with the meta file last; beside the records, not among them. */
static void
test_print(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *files = "  a/run.json\n  a/run.csv\n  a/run.meta.json\n";
	const gchar *lost = "0 records, 0 windows missed, 3 records dropped\n";

	is_terminal = FALSE;
	vmfc_run_files_add_path(fixture->outputs, "a/run.json");
	vmfc_run_files_add_path(fixture->outputs, "a/run.csv");
	g_auto(GStrv) usual = capture(fixture);
	g_assert_true(g_str_has_prefix(usual[0], lost));
	g_assert_true(g_str_has_suffix(usual[0], files));
	g_assert_cmpstr(usual[1], ==, "");
	fixture->options.is_stream = TRUE;
	fixture->options.output = (gchar *)"-";
	g_auto(GStrv) piped = capture(fixture);
	g_assert_cmpstr(piped[0], ==, "");
	g_assert_true(g_str_has_prefix(piped[1], lost));
	/* a stream that is not standard output leaves it to the summary */
	fixture->options.output = (gchar *)"/dev/null";
	g_auto(GStrv) other = capture(fixture);
	g_assert_true(g_str_has_prefix(other[0], lost));
}

#define ADD(path, func) g_test_add("/results-text/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("announce", test_announce);
	ADD("announce/stream", test_announce_stream);
	ADD("print", test_print);
	return g_test_run();
}
