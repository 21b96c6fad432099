/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Which meta file belongs to a file of records. */

#include "rows/input-meta.h"

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "table-of.h"

#define COLUMNS                                                                                    \
	"\"columns\": [{\"name\": \"a\", \"unit\": \"\", \"kind\": \"gauge\"},"                    \
	"{\"name\": \"b\", \"unit\": \"s\", \"kind\": \"label\"}]"
#define TIMES "\"start_time\": 1000, \"interval\": 2.0"
#define RESULT                                                                                     \
	"\"result\": {\"records\": 3, \"missed_windows\": 4, \"dropped_records\": 5, "             \
	"\"unwritten_records\": 6}"
#define VMFC "{\"generator\": \"vmfc\", "

typedef struct {
	gchar *folder;
	gchar *path;
	VmfcTable *table;
} Fixture;

static void
set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture->folder = g_dir_make_tmp("vmfc-meta-XXXXXX", NULL);
	fixture->path = g_build_filename(fixture->folder, "run.meta.json", NULL);
	fixture->table = table_of("a,b\n1,2\n");
}

static void
tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_test_assert_expected_messages();
	vmfc_table_free(fixture->table);
	g_unlink(fixture->path);
	g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
	g_free(fixture->path);
	g_free(fixture->folder);
}

/* @first: time of the first row; @reason: why the file is not used; NULL: it is */
static void
check(Fixture *fixture, const gchar *text, gdouble first, const gchar *reason)
{
	g_autofree gchar *input = g_build_filename(fixture->folder, "run.csv", NULL);
	const VmfcRowClock clock = {.first = first};
	VmfcInputMeta meta;

	g_test_message("%s %.17g", text, first);
	g_assert_true(g_file_set_contents(fixture->path, text, -1, NULL));
	vmfc_input_meta_init(&meta, input);
	g_assert_cmpstr(meta.path, ==, fixture->path);
	if (reason != NULL)
		g_test_expect_message("vmfc", G_LOG_LEVEL_WARNING,
				      "*/run.meta.json is not used, *");
	g_autoptr(JsonNode) root = vmfc_input_meta_read(&meta, fixture->table, &clock);
	g_test_assert_expected_messages();
	g_assert_cmpint(root != NULL, ==, reason == NULL);
	g_assert_true(reason == NULL || strstr(meta.reason, reason) != NULL);
	/* what was not used the first time is not used later */
	g_autoptr(JsonNode) again = vmfc_input_meta_read_again(&meta);
	g_assert_cmpint(again != NULL, ==, reason == NULL);
	vmfc_input_meta_clear(&meta);
}

/* The first row is from the time of the run, with a second of slack and two windows more. */
static void
test_time(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const gchar *whole = VMFC TIMES ", " COLUMNS ", " RESULT "}";
	const gchar *begun = VMFC TIMES ", " COLUMNS "}";
	const gchar *other = "it is of another run, which began at 1970-01-01T00:16:40.000Z";

	check(fixture, whole, 1000, NULL);
	check(fixture, whole, 999, NULL);
	check(fixture, whole, 998.999, other);
	check(fixture, whole, 1000 + (3 + 4 + 5 + 6 + 2) * 2 + 1, NULL);
	check(fixture, whole, 1000 + (3 + 4 + 5 + 6 + 2) * 2 + 1.001, other);
	check(fixture, whole, NAN, NULL);
	/* a run that has no result may have gone on for any time */
	check(fixture, begun, 1e9, NULL);
	check(fixture, begun, 998.999, other);
}

static void
test_form(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const gchar *const texts[][2] = {
		{VMFC TIMES
		 ", \"columns\": [{\"name\": \"a\", \"unit\": \"\", \"kind\": \"gauge\"}]}",
		 "it does not describe the column b"},
		{VMFC TIMES
		 ", \"columns\": [{\"name\": \"c\", \"unit\": \"\", \"kind\": \"gauge\"}]}",
		 "it describes the column c, which (text) does not have"},
		{VMFC TIMES
		 ", \"columns\": [{\"name\": \"a\", \"unit\": \"\", \"kind\": \"meter\"}]}",
		 "it is not a meta file of vmfc"},
		{VMFC TIMES ", \"columns\": [{\"name\": \"a\", \"kind\": \"gauge\"}]}",
		 "it is not a meta file of vmfc"},
		{VMFC TIMES ", \"columns\": [1]}", "it is not a meta file of vmfc"},
		{VMFC TIMES "}", "it is not a meta file of vmfc"},
		{VMFC COLUMNS ", \"start_time\": 1000}", "it is not a meta file of vmfc"},
		{VMFC COLUMNS ", \"interval\": 1}", "it is not a meta file of vmfc"},
		{"{\"generator\": \"other\", " TIMES ", " COLUMNS "}",
		 "it is not a meta file of vmfc"},
		{"{" TIMES ", " COLUMNS "}", "it is not a meta file of vmfc"},
		{"[]", "it is not a meta file of vmfc"},
		{"{", "is not valid JSON"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
		check(fixture, texts[i][0], 1000, texts[i][1]);
}

/* A file without one is no reason for a warning. */
static void
test_none(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree gchar *input = g_build_filename(fixture->folder, "run.jsonl", NULL);
	const VmfcRowClock clock = {.first = 1000};
	VmfcInputMeta meta;

	vmfc_input_meta_init(&meta, input);
	g_assert_null(vmfc_input_meta_read(&meta, fixture->table, &clock));
	g_assert_cmpstr(meta.reason, ==, "it does not exist");
	g_assert_null(vmfc_input_meta_read_again(&meta));
	vmfc_input_meta_clear(&meta);
}

#define ADD(path, func) g_test_add("/input-meta/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	ADD("time", test_time);
	ADD("form", test_form);
	ADD("none", test_none);
	return g_test_run();
}
