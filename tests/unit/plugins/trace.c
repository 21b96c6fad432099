/*
 * SPDX-FileCopyrightText: The vmfc authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "trace/parse.h"

#include <string.h>

#include "vmfc/vmfc-plugin.h"

static const TraceForm plain = {"1", "2", 100};

/* @points: `time=load`, with blanks in between */
static void
assert_trace(const gchar *text, const TraceForm *form, guint n_unusable, const gchar *points)
{
	g_autoptr(GError) error = NULL;
	guint n;
	g_autofree gchar *copy = g_strdup(text);
	g_autoptr(GArray) read = trace_parse(copy, strlen(copy), form, &n, &error);
	g_autoptr(GString) told = g_string_new(NULL);

	g_assert_no_error(error);
	for (guint i = 0; i < read->len; i++) {
		const TracePoint *point = &g_array_index(read, TracePoint, i);
		g_string_append_printf(told, "%s%g=%g", i > 0 ? " " : "", point->time, point->load);
	}
	g_assert_cmpstr(told->str, ==, points);
	g_assert_cmpuint(n, ==, n_unusable);
}

static void
test_forms(void)
{
	const TraceForm named = {"time_stamp", "cpu_util_percent", 100};
	const TraceForm fractions = {"2", "3", 1};

	assert_trace("0,10\n10,20.5\n20,0", &plain, 0, "0=10 10=20.5 20=0");
	assert_trace("time,cpu\r\n0,10\r\n10,20\r\n", &plain, 0, "0=10 10=20");
	assert_trace("# a comment\n\n \"0\" , \"10\" \n", &plain, 0, "0=10");
	assert_trace("machine_id,time_stamp,cpu_util_percent\nm_1,5,50\nm_1,15,60\n", &named, 0,
		     "5=50 15=60");
	assert_trace("m_1,0,0.5\nm_1,300,1\n", &fractions, 0, "0=50 300=100");
}

/* Published traces mark what they do not know with -1, 101 or nothing. */
static void
test_gaps(void)
{
	assert_trace("0,10\n1,\n2,-1\n3,101\n4\n5,nan\n6,70\n", &plain, 5,
		     "0=10 1=10 2=10 3=10 4=10 5=10 6=70");
	assert_trace("0,\n1,5\n", &plain, 1, "0=0 1=5");
}

/* RFC 4180: a cell between quotes may have commas, quotes and line breaks in it. */
static void
test_quotes(void)
{
	const TraceForm named = {"time, s", "the \"load\"\nin %", 100};
	const TraceForm third = {"1", "3", 100};

	assert_trace("0,\"web, blue\",10\n10,\"a \"\"b\"\"\",20\n20,\"x\r\ny\",30\n", &third, 0,
		     "0=10 10=20 20=30");
	assert_trace("\"time, s\",\"the \"\"load\"\"\nin %\"\n0,10\n", &named, 0, "0=10");
	/* with blanks around them, CRLF, and no end of the last line */
	assert_trace("0 , \"web, blue\"\t, \"10\"\r\n 10,\" \" ,20\r\n20,,\"30\"", &third, 0,
		     "0=10 10=20 20=30");
	/* quotes elsewhere in a cell, and in a comment, are characters as others are */
	assert_trace("# it\"s\n0,5\" disk,10\n10,\"a\"b,20\n20,,\"5\"0\n", &third, 1,
		     "0=10 10=20 20=20");
}

/* Some editors put a mark before the first line. */
static void
test_mark(void)
{
	const TraceForm named = {"time", "cpu", 100};

	assert_trace("\xef\xbb\xbf"
		     "0,10\r\n10,20\r\n",
		     &plain, 0, "0=10 10=20");
	assert_trace("\xef\xbb\xbf"
		     "time,cpu\n0,10\n",
		     &named, 0, "0=10");
	assert_trace("\xef\xbb\xbf"
		     "\"time\",cpu\n0,10\n",
		     &named, 0, "0=10");
}

static void
assert_refused(const gchar *text, const TraceForm *form, const gchar *sentence)
{
	g_autoptr(GError) error = NULL;
	g_autofree gchar *copy = g_strdup(text);
	guint n;

	g_assert_null(trace_parse(copy, strlen(copy), form, &n, &error));
	g_assert_error(error, VMFC_ERROR, VMFC_ERROR_USAGE);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, sentence));
}

static void
test_mistakes(void)
{
	const TraceForm named = {"1", "load", 100};
	const TraceForm far = {"1", "3", 100};

	assert_refused("", &plain, "no line has a load from 0 to 100");
	assert_refused("time,cpu\n", &plain, "no line has a load");
	assert_refused("0,x\n1,y\n", &plain, "no line has a load");
	assert_refused("0,1\n0,2\n", &plain, "line 2: the time 0 does not follow 0");
	assert_refused("5,1\n4,2\n", &plain, "line 2: the time 4 does not follow 5");
	assert_refused("0,1\nx,2\n", &plain, "line 2: 'x' is not a time");
	assert_refused("0,1\n\n,2\n", &plain, "line 3: '' is not a time");
	assert_refused("time,cpu\n0,1\n", &named,
		       "line 1: there is no column 'load': name one of its 2 columns");
	assert_refused("0,1\n", &far, "there is no column '3'");
	assert_refused("\n0,\"1\n2\"\n,3\n", &plain, "line 4: '' is not a time");
	assert_refused("# \"\n0,1\n1,\"2\n2,3\n", &plain,
		       "line 3: a quote begins a cell that does not end");
	assert_refused("0,1\n1,\"2", &plain, "line 2: a quote begins a cell that does not end");
}

int
main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/trace/forms", test_forms);
	g_test_add_func("/trace/gaps", test_gaps);
	g_test_add_func("/trace/quotes", test_quotes);
	g_test_add_func("/trace/mark", test_mark);
	g_test_add_func("/trace/mistakes", test_mistakes);
	return g_test_run();
}
