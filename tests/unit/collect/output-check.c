/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which names and formats of the output are accepted before any sink is loaded. */

#include "collect/output-check.h"

#include <string.h>

#include "../../built-index.h"
#include "vmfc/vmfc-plugin.h"

static void
test_meta(void)
{
	static const struct {
		const gchar *meta;
		gboolean is_good;
	} cases[] = {
		{NULL, TRUE},
		{"data/run.meta.json", TRUE},
		{"run.meta", TRUE},
		{"", FALSE},
		{"data/", FALSE},
		{"/tmp", FALSE},
		{"-", FALSE},
		{"/dev/stdout", FALSE},
		/* the files of the records */
		{"data/run.json", FALSE},
		{"data/run.csv", FALSE},
		{"data/other.json", TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		gboolean good = vmfc_output_check_meta(cases[i].meta, "data/run.json",
						       built_index(), &error);
		g_test_message("%s", cases[i].meta);
		g_assert_cmpint(good, ==, cases[i].is_good);
		if (good) {
			g_assert_no_error(error);
			continue;
		}
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		g_autofree gchar *sentence = g_strdup_printf(
			"--meta is '%s', but must name an ordinary file*", cases[i].meta);
		g_assert_true(g_pattern_match_simple(sentence, error->message));
	}
}

static void
test_none(void)
{
	static const struct {
		const gchar *format;
		gboolean is_none;
	} cases[] = {{NULL, FALSE},    {"", FALSE},	    {"none", TRUE},
		     {" none ", TRUE}, {"none,csv", FALSE}, {"csv", FALSE}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(vmfc_output_check_is_none(cases[i].format), ==, cases[i].is_none);
}

/* A stream takes one format that appends; of an unknown one only its plugin can tell. */
static void
test_stream(void)
{
	static const struct {
		const gchar *format;
		gboolean is_good;
	} cases[] = {{"csv", TRUE},	   {"jsonl", TRUE},	  {"json", FALSE},
		     {"csv,jsonl", FALSE}, {"prometheus", FALSE}, {"unknown", TRUE},
		     {NULL, FALSE},	   {"a,b", FALSE}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		gboolean good = vmfc_output_check_format(cases[i].format, "/x/fifo", built_index(),
							 &error);
		g_test_message("%s", cases[i].format);
		g_assert_cmpint(good, ==, cases[i].is_good);
		if (good) {
			g_assert_no_error(error);
			continue;
		}
		g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
		g_assert_true(g_str_has_prefix(
			error->message,
			"--output /x/fifo is a stream, which takes only one format: give "
			"--format "));
		g_assert_nonnull(strstr(error->message, "--format csv"));
		g_assert_nonnull(strstr(error->message, "--format jsonl"));
		g_assert_nonnull(strstr(error->message, " or "));
		g_assert_null(strstr(error->message, "--format json "));
	}
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/output-check/meta", test_meta);
	g_test_add_func("/output-check/none", test_none);
	g_test_add_func("/output-check/stream", test_stream);
	return g_test_run();
}
